import { isFailure, type Failure } from '../../src/core/failure.js';
import { partOf } from '../../src/core/part.js';
import { PipelineFailure } from './problem.js';
import { nodeAt, placeOf, plain, type MapNode, type Path } from './tree.js';

/** Where in a file the caches of its request come from: budgets make several of one. */
export type Origins = readonly number[];

/** A failure of what a file asked for, told at its place in the file; anything else as it is. */
export function explain(tree: MapNode, origins: Origins, error: unknown): unknown {
  if (!isFailure(error) || error instanceof PipelineFailure) return error;
  const { code } = error;
  const [what, hint] = [
    inWordsOfFiles(error.what),
    inWordsOfFiles(error.hint ?? 'kronflow schema lists every key'),
  ];
  const part = inFile(tree, partOf(error), origins);
  const path = nearer(tree, part, error);
  const node = nodeAt(tree, path);
  const value = node === null ? undefined : plain(node);
  return new PipelineFailure([{ code, place: placeOf(tree, path), path, value, what, hint }], {
    cause: error,
  });
}

/** A path of a request in its file, as far as it was written there. */
function inFile(tree: MapNode, part: Path, origins: Origins): Path {
  const path = part
    .filter((step, i) => step !== 'options' || i === 0)
    .map((step, i, all) => (i === 1 && all[0] === 'caches' ? (origins[Number(step)] ?? step) : step));
  for (let length = path.length; length > 0; length--) {
    if (nodeAt(tree, path.slice(0, length)) !== null) return path.slice(0, length);
  }
  return [];
}

/** Of a part with keys, the one that the message gives the value of: `delta = -1`. */
function nearer(tree: MapNode, path: Path, { what }: Failure): Path {
  for (const [, name] of what.matchAll(/(?:^|[\s.:(])([A-Za-z]\w*) = /g)) {
    if (nodeAt(tree, [...path, name]) !== null) return [...path, name];
  }
  return path;
}

const KEYS: Readonly<Record<string, string>> = {
  ...{
    d: 'model.d',
    heads: 'model.heads',
    layers: 'model.layers',
    order: 'model.order',
    scale: 'model.scale',
  },
  ...{ 'score-std': 'model.scoreStd', weights: 'model.weights', rotary: 'model.rotary', cache: 'caches' },
  ...{ tokens: 'tokens', prompt: 'prompt', seed: 'seed', memory: 'memory', reference: 'reference' },
  ...{ recall: 'recall', sparsity: 'sparsity', budget: 'budgets', 'on-error': 'onError' },
};

/** Flags as keys: `pass --tokens 4` is `write tokens: 4` in a file. */
function inWordsOfFiles(text: string): string {
  return text
    .replace(/\bpass --([a-z-]+) (\S+?)(?=[,;]?(?:\s|$))/g, (all, flag: string, value: string) =>
      flag in KEYS ? `write ${KEYS[flag]}: ${value}` : all,
    )
    .replace(/(?<![\w-])--([a-z-]+)/g, (all, flag: string) => KEYS[flag] ?? all);
}
