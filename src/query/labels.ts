import { resolve, sep } from 'node:path';
import { Failure } from '../core/failure.js';

/**
 * What to call each trace: the name of its folder, with as many parents as it takes to tell them apart.
 * @throws Failure `bad-option` when a folder is named twice
 */
export function labelTraces(dirs: readonly string[]): readonly string[] {
  const paths = dirs.map((dir) => resolve(dir));
  const twice = paths.find((path, i) => paths.indexOf(path) !== i);
  if (twice !== undefined)
    throw new Failure('bad-option', `the trace ${twice} is named twice`, 'name every trace once');
  const parts = paths.map((path) => path.split(sep).filter((part) => part !== ''));
  return parts.map((own) => {
    const tail = (of: readonly string[], depth: number) => of.slice(-depth).join('/') || '/';
    let depth = 1;
    while (parts.some((other) => other !== own && tail(other, depth) === tail(own, depth))) depth++;
    return tail(own, depth);
  });
}
