import { parseKvHeads, KV_HEADS_RULE } from '../sources/shared-heads.js';
import { parseAxes, viewOf, type View } from './tensor-axes.js';
import { nameReader, type Part } from './tensor-names.js';
import { badInput, type Tensor } from './tensor.js';

const MAX_CELLS = 1 << 20;

/** How tensors are to be understood; null where the user said nothing. */
export interface TensorOptions {
  readonly map: string | null;
  readonly axes: string | null;
  readonly d: number | null;
  readonly kvHeads: string | null;
}

/** One (layer, head) of one part of one stream: where its rows are. Indices count in the view's own box. */
export interface Cell {
  readonly view: View;
  readonly stream: number;
  readonly layer: number;
  readonly head: number;
}

/** A stream to import: `cells[part][layer][head]`, all with `n` positions. */
export interface StreamPlan {
  readonly stream: number;
  readonly n: number;
  readonly cells: Readonly<Partial<Record<Part, readonly (readonly Cell[])[]>>>;
}

/** Everything known before the first number is read. */
export interface TensorPlan {
  readonly layers: number;
  readonly heads: number;
  readonly d: number;
  readonly parts: readonly Part[];
  /** Of every query head its key-value head; null when each has its own. */
  readonly kvHeads: readonly number[] | null;
  readonly streams: readonly StreamPlan[];
  /** Tensors whose names say nothing. */
  readonly unused: readonly Tensor[];
}

/**
 * Find q, k1, v1 (and k2, v2) of every stream, layer and head, and check that they fit together.
 *
 * @throws Failure `bad-input` naming the tensor: a part that is missing or there twice, sizes that differ
 */
export function planTensors(tensors: readonly Tensor[], options: TensorOptions): TensorPlan {
  const [read, axes] = [nameReader(options.map), options.axes === null ? null : parseAxes(options.axes)];
  const unused: Tensor[] = [];
  const cells: Cells = new Map();
  for (const tensor of tensors) {
    const named = read(tensor.name);
    if (named === null) unused.push(tensor);
    else addCells(cells, viewOf(tensor, named, axes, options.d));
  }
  const paths = [...new Set(tensors.map(({ path }) => path))].join(', ');
  if (cells.size === 0)
    throw badInput(
      paths,
      `no tensor is named as a q, k or v: ${listed(tensors.map(({ name }) => name))}`,
      "say how they are named, e.g. --map 'layers.{layer}.{part}'",
    );
  const streams = [...cells.keys()]
    .sort((a, b) => a - b)
    .map((stream) => planStream(paths, stream, cells.get(stream)!));
  const [first] = streams;
  for (const { stream, shape } of streams.slice(1))
    if (JSON.stringify(shape) !== JSON.stringify(first.shape))
      throw badInput(
        paths,
        `stream ${stream} has ${describe(shape)}, but stream ${first.stream} has ${describe(first.shape)}`,
        'import them one by one',
      );
  const { layers, heads, kvHeads, d, parts } = first.shape;
  return {
    ...{ layers, heads, d, parts, unused },
    kvHeads: headMap(paths, heads, kvHeads, options.kvHeads),
    streams: streams.map(({ stream, n, cells: grid }) => ({ stream, n, cells: grid })),
  };
}

/** stream → part → layer → head. */
type Cells = Map<number, Map<Part, Map<number, Map<number, Cell>>>>;

interface Shape {
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly d: number;
  readonly parts: readonly Part[];
}

function addCells(cells: Cells, view: View): void {
  const { tensor, named, size } = view;
  if (size.stream * size.layer * size.head > MAX_CELLS)
    throw badInput(tensor.path, `tensor ${tensor.name} has more than ${MAX_CELLS} heads`, 'correct --axes');
  const indices = (axis: 'stream' | 'layer' | 'head') => Array.from({ length: size[axis] }, (_, i) => i);
  for (const stream of indices('stream'))
    for (const layer of indices('layer'))
      for (const head of indices('head')) {
        const at = [named.stream ?? stream, named.layer ?? layer, named.head ?? head] as const;
        const heads = within(within(within(cells, at[0]), named.part), at[1]);
        const other = heads.get(at[2]);
        if (other !== undefined)
          throw badInput(
            tensor.path,
            `tensors ${other.view.tensor.name} and ${tensor.name} are both ${named.part} of layer ${at[1]}, head ${at[2]}`,
            'name them apart with --map, or import one of them',
          );
        heads.set(at[2], { view, stream, layer, head });
      }
}

function within<K, L, V>(map: Map<K, Map<L, V>>, key: K): Map<L, V> {
  let inner = map.get(key);
  if (inner === undefined) map.set(key, (inner = new Map<L, V>()));
  return inner;
}

function planStream(paths: string, stream: number, byPart: Map<Part, Map<number, Map<number, Cell>>>) {
  const fail = (what: string, hint: string) => badInput(paths, `stream ${stream}: ${what}`, hint);
  const parts: readonly Part[] =
    byPart.has('k2') || byPart.has('v2') ? ['q', 'k1', 'k2', 'v1', 'v2'] : ['q', 'k1', 'v1'];
  const layers = Math.max(...[...byPart.values()].flatMap((map) => [...map.keys()])) + 1;
  const grid: Partial<Record<Part, Cell[][]>> = {};
  const counts: Partial<Record<Part, number>> = {};
  for (const part of parts) {
    const there = byPart.get(part);
    if (there === undefined)
      throw fail(
        `there is no ${part}`,
        'q, k and v are needed, or q, k1, k2, v1 and v2; see docs/recording.md',
      );
    const heads = Math.max(...[...there.values()].flatMap((map) => [...map.keys()])) + 1;
    counts[part] = heads;
    if (layers * heads > MAX_CELLS)
      throw fail(`${part} has indices up to ${heads} heads`, 'number layers and heads from 0');
    grid[part] = Array.from({ length: layers }, (_, layer) =>
      Array.from({ length: heads }, (__, head) => {
        const cell = there.get(layer)?.get(head);
        if (cell !== undefined) return cell;
        throw fail(`${part} of layer ${layer}, head ${head} is missing`, 'number layers and heads from 0');
      }),
    );
  }
  const all = parts.flatMap((part) => grid[part]!.flat());
  const [{ view: wanted }] = all;
  for (const { view } of all)
    for (const axis of ['pos', 'd'] as const)
      if (view.size[axis] !== wanted.size[axis])
        throw fail(
          `tensor ${view.tensor.name} has ${axis} = ${view.size[axis]}, but ${wanted.tensor.name} has ${wanted.size[axis]}`,
          axis === 'pos' ? 'with a cache, keep only the newest keys of each call' : 'correct --axes or --d',
        );
  for (const part of parts)
    if (part !== 'q' && counts[part] !== counts.k1)
      throw fail(`${part} has ${counts[part]} heads, but k1 has ${counts.k1}`, 'keys and values go together');
  const shape: Shape = { layers, heads: counts.q!, kvHeads: counts.k1!, d: wanted.size.d, parts };
  return { stream, n: wanted.size.pos, shape, cells: grid };
}

/** Groups of equal size in order, as grouped-query models have them, unless the user gives another map. */
function headMap(
  paths: string,
  heads: number,
  kvHeads: number,
  asked: string | null,
): readonly number[] | null {
  if (asked !== null) {
    const map = parseKvHeads(asked);
    if (map !== null && map.length === heads && Math.max(...map) + 1 === kvHeads) return map;
    throw badInput(paths, `--kv-heads ${asked} does not fit ${heads} heads on ${kvHeads}`, KV_HEADS_RULE);
  }
  if (heads === kvHeads) return null;
  if (heads % kvHeads !== 0)
    throw badInput(
      paths,
      `${heads} query heads on ${kvHeads} key-value heads`,
      'say which share which with --kv-heads',
    );
  return Array.from({ length: heads }, (_, head) => Math.floor(head / (heads / kvHeads)));
}

function describe({ layers, heads, kvHeads, d, parts }: Shape): string {
  return `${layers} layers × ${heads} heads (${kvHeads} of keys), d = ${d}, ${parts.join(', ')}`;
}

function listed(names: readonly string[]): string {
  return names.length <= 6
    ? names.join(', ') || 'there is none'
    : `${names.slice(0, 6).join(', ')} and ${names.length - 6} more`;
}
