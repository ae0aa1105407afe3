import { isFailure, type Failure } from '../../src/core/failure.js';
import { partOf } from '../../src/core/part.js';
import { PipelineFailure } from './problem.js';
import { nodeAt, placeOf, plain, type MapNode, type Path } from './tree.js';

/** A cache of a request, and the entry of the file that it comes from: budgets make several of one. */
export interface Origin {
  readonly label: string;
  readonly index: number;
}

/** A failure of what a file asked for, told at its place in the file; anything else as it is. */
export function explain(tree: MapNode, origins: readonly Origin[], error: unknown): unknown {
  if (!isFailure(error) || error instanceof PipelineFailure) return error;
  const { code } = error;
  const what = inWordsOfFiles(tree, error.what);
  const hint = inWordsOfFiles(tree, error.hint ?? 'kronflow schema lists every key');
  const said = partOf(error);
  const part = inFile(tree, said.length > 0 ? said : culprit(tree, error, origins), origins);
  const path = nearer(tree, part, error);
  const node = nodeAt(tree, path);
  const value = node === null ? undefined : plain(node);
  const place = path.length > 0 ? placeOf(tree, path) : { ...tree.place, line: null }; // of the file as a whole
  return new PipelineFailure([{ code, place, path, value, what, hint }], { cause: error });
}

/** Who a message about a run begins with: `cache LABEL`, `operator NAME`. */
function culprit(tree: MapNode, { what }: Failure, origins: readonly Origin[]): Path {
  const [, kind, name] = /^(cache|operator|sink|source) (.+?)(?: \(.*?\))?[,:] /.exec(what) ?? [];
  if (kind === undefined) return [];
  if (kind === 'source') return ['source'];
  if (kind === 'cache') return ['caches', origins.findIndex(({ label }) => label === name)];
  const list = nodeAt(tree, [`${kind}s`]);
  const names = list?.kind === 'list' ? list.items.map((item) => nodeAt(item, ['name'])) : [];
  return [`${kind}s`, names.findIndex((node) => node?.kind === 'scalar' && node.value === name)];
}

/** A path of a request in its file, as far as it was written there. */
function inFile(tree: MapNode, part: Path, origins: readonly Origin[]): Path {
  const path = part
    .filter((step, i) => step !== 'options' || i === 0)
    .map((step, i, all) => (i === 1 && all[0] === 'caches' ? (origins[Number(step)]?.index ?? step) : step));
  for (let length = path.length; length > 0; length--) {
    if (nodeAt(tree, path.slice(0, length)) !== null) return path.slice(0, length);
  }
  return [];
}

/** Of a part with keys, the one that the message is about: it gives its value (`delta = -1`), or names its file. */
function nearer(tree: MapNode, path: Path, { what }: Failure): Path {
  for (const [, name] of what.matchAll(/(?:^|[\s.:(])([A-Za-z]\w*) = /g)) {
    if (nodeAt(tree, [...path, name]) !== null) return [...path, name];
  }
  const file = nodeAt(tree, [...path, 'path']);
  const isNamed = file?.kind === 'scalar' && typeof file.value === 'string' && what.includes(file.value);
  return isNamed ? [...path, 'path'] : path;
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
  ...{ model: 'model.name', drive: 'drive' },
  ...{ tokens: 'tokens', prompt: 'prompt', seed: 'seed', memory: 'memory', reference: 'reference' },
  ...{ recall: 'recall', sparsity: 'sparsity', budget: 'budgets', 'on-error': 'onError' },
};

/** Flags as keys: `pass --tokens 4` is `write tokens: 4` in a file. */
function inWordsOfFiles(tree: MapNode, text: string): string {
  const keyOf = (flag: string) => {
    const [group, key] = KEYS[flag]?.split('.') ?? [];
    const isWritten = (where: string) => nodeAt(tree, [where, key]) !== null;
    if (key === undefined) return group;
    return isWritten('source') && !isWritten('model') ? `source.${key}` : KEYS[flag];
  };
  return text
    .replace('--on-error skip', 'onError: skip')
    .replace(/\bpass --([a-z-]+) (\S+?)(?=[,;]?(?:\s|$))/g, (all, flag: string, value: string) =>
      flag in KEYS ? `write ${keyOf(flag)}: ${value}` : all,
    )
    .replace(/(?<![\w-])--([a-z-]+)/g, (all, flag: string) => keyOf(flag) ?? all)
    .replace('label=… of its own', 'a label: of its own');
}
