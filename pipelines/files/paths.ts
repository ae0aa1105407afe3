import { isAbsolute, join } from 'node:path';
import { isReference } from '../registry.js';
import { mapScalars, type MapNode, type Path } from './tree.js';

/** How users write standard input. */
export const STDIN = '-';

/** Standard input where there is none. */
export async function* noInput(): AsyncGenerator<Uint8Array> {}

/**
 * A tree whose paths are relative to the working folder instead of the files they were written in: what a source or another
 * plug-in reads (`path`), weights, what allocations are measured on, the output folder, and plug-ins in files.
 */
export function fromWorkingFolder(tree: MapNode): MapNode {
  return mapScalars(tree, (scalar, path) => {
    const { value, place } = scalar;
    if (typeof value !== 'string' || place.folder === '') return scalar;
    if (isPath(path)) return { ...scalar, value: moved(value, place.folder) };
    return path.at(-1) === 'name' && /^\.\.?\//.test(value) && isReference(value)
      ? { ...scalar, value: movedReference(value, place.folder) }
      : scalar;
  }) as MapNode;
}

function isPath(path: Path): boolean {
  const key = path.at(-1);
  return (
    key === 'path' ||
    (path[0] === 'model' && key === 'weights') ||
    (key === 'calibration' && (path[0] === 'allocate' || path.at(-2) === 'allocation')) ||
    (path.length === 1 && key === 'output')
  );
}

function moved(path: string, folder: string): string {
  return path === STDIN || path === '' || isAbsolute(path) ? path : join(folder, path);
}

/** With ./ in front, as references to files are written. */
function movedReference(reference: string, folder: string): string {
  const path = join(folder, reference);
  return isAbsolute(path) || path.startsWith('..') ? path : `./${path}`;
}
