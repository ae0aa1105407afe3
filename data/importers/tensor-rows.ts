import type { Axis, View } from './tensor-axes.js';
import type { Part } from './tensor-names.js';
import type { Cell, StreamPlan, TensorPlan } from './tensor-plan.js';
import { badInput, countOf } from './tensor.js';
import type { RecordingPiece } from './recording-piece.js';

/** Numbers of all parts that are read at a time; a second chunk is on its way meanwhile. */
const CHUNK_NUMBERS = 1 << 22;
/** Numbers of all parts that leave as one batch. */
const BATCH_NUMBERS = 1 << 20;

/** A slice of a view along pos, dense in memory: the numbers of position `from` + p start at p·stride.pos. */
interface Slice {
  readonly values: Float32Array;
  readonly stride: Readonly<Record<Axis, number>>;
}

/**
 * The rows of all streams, stream by stream, position by position, layer by layer, head by head. A part that heads
 * share has a row per key-value head. Memory: two chunks and a batch, whatever the size of the files.
 * The arrays of a piece are used again for the next one.
 *
 * @throws Failure `bad-input` naming tensor, stream, position and index of a NaN or an infinity
 */
export async function* tensorRows(plan: TensorPlan): AsyncGenerator<RecordingPiece> {
  const views = new Set(
    plan.streams.flatMap(({ cells }) =>
      Object.values(cells)
        .flat(2)
        .map(({ view }) => view),
    ),
  );
  for (const { tensor } of views) await tensor.prepare?.();
  const perPosition = numbersPerPosition(plan);
  const step = Math.max(1, Math.floor(CHUNK_NUMBERS / perPosition));
  const piece = Math.max(1, Math.floor(BATCH_NUMBERS / perPosition));
  const chunks = [scratch(), scratch()]; // one is read while the other is taken apart
  const batch = scratch();
  for (const [index, stream] of plan.streams.entries()) {
    const read = (from: number) =>
      readSlices(stream, from, Math.min(stream.n, from + step), chunks[(from / step) % 2]);
    let next = read(0);
    for (let from = 0; from < stream.n; from += step) {
      const slices = await next;
      const to = Math.min(stream.n, from + step);
      if (to < stream.n) {
        next = read(to);
        next.catch(() => undefined); // it is awaited in the next round; until then nobody listens
      }
      for (let at = from; at < to; at += piece)
        yield assemble(plan, stream, slices, { index, from, at, to: Math.min(to, at + piece) }, batch);
    }
  }
}

function numbersPerPosition({ layers, heads, d, kvHeads, parts }: TensorPlan): number {
  const shared = kvHeads === null ? heads : Math.max(...kvHeads) + 1;
  return layers * d * (heads + (parts.length - 1) * shared);
}

/** Memory that is used again: allocating tens of megabytes per chunk costs more than reading them. */
function scratch() {
  const arrays = new Map<unknown, Float32Array>();
  return (key: unknown, length: number): Float32Array => {
    let array = arrays.get(key);
    if (array === undefined || array.length < length) arrays.set(key, (array = new Float32Array(length)));
    return array.subarray(0, length);
  };
}

type Scratch = ReturnType<typeof scratch>;

async function readSlices(
  { cells }: StreamPlan,
  from: number,
  to: number,
  memory: Scratch,
): Promise<Map<View, Map<number, Slice>>> {
  const slices = new Map<View, Map<number, Slice>>();
  const work: Promise<void>[] = [];
  for (const { view, stream } of Object.values(cells).flat(2)) {
    let ofView = slices.get(view);
    if (ofView === undefined) slices.set(view, (ofView = new Map<number, Slice>()));
    if (ofView.has(stream)) continue;
    const { slice, done } = readSlice(view, { stream, from, to }, memory);
    ofView.set(stream, slice);
    work.push(done);
  }
  await Promise.all(work);
  return slices;
}

/**
 * Read positions [from, to) of one stream. Axes with a shorter stride than pos come along in one run; for every
 * combination of the others there is a run of its own.
 */
function readSlice(
  view: View,
  { stream, from, to }: Readonly<Record<'stream' | 'from' | 'to', number>>,
  memory: Scratch,
) {
  const { tensor, size, stride: stored } = view;
  // a single position has no neighbour: whatever its stride says, all numbers of the tensor are its own
  const stride = size.pos > 1 ? stored : { ...stored, pos: countOf(tensor.shape) };
  const axes = ['stream', 'layer', 'head', 'd'] as const;
  const isOuter = (axis: Axis) => stride[axis] > stride.pos && axis !== 'stream';
  const outer = axes.filter((axis) => isOuter(axis) && size[axis] > 1).sort((a, b) => stride[b] - stride[a]);
  const run = (to - from) * stride.pos;
  const base = stream * stride.stream;
  const starts = outer.reduce<number[]>(
    (sums, axis) =>
      sums.flatMap((sum) => Array.from({ length: size[axis] }, (_, i) => sum + i * stride[axis])),
    [stride.stream < stride.pos ? 0 : base],
  );
  const values = memory(view, starts.length * run);
  const inner = Object.fromEntries(axes.filter((axis) => !isOuter(axis)).map((axis) => [axis, stride[axis]]));
  const local: Record<Axis, number> = {
    stream: 0,
    layer: 0,
    head: 0,
    d: 0,
    ...inner,
    pos: stride.pos,
  };
  let width = run;
  for (const axis of [...outer].reverse()) {
    local[axis] = width;
    width *= size[axis];
  }
  const offset = stride.stream < stride.pos ? base : 0;
  const done = Promise.all(
    starts.map((start, i) => tensor.read(start + from * stride.pos, values.subarray(i * run, (i + 1) * run))),
  ).then(() => undefined);
  return { slice: { values: offset === 0 ? values : values.subarray(offset), stride: local }, done };
}

/** What becomes one piece. Streams are counted anew: a file may hold streams 3 and 7 alone. */
interface Range {
  readonly index: number;
  /** First position of the slices. */
  readonly from: number;
  readonly at: number;
  readonly to: number;
}

function assemble(
  plan: TensorPlan,
  stream: StreamPlan,
  slices: Map<View, Map<number, Slice>>,
  range: Range,
  memory: Scratch,
): RecordingPiece {
  const { layers, heads, d, parts } = plan;
  const positions = range.to - range.at;
  const vectors = Object.fromEntries(
    parts.map((part) => {
      const grid = stream.cells[part]!;
      const width = grid[0].length;
      const out = memory(part, positions * layers * width * d);
      grid.forEach((row, layer) =>
        row.forEach((cell, head) => {
          const slice = slices.get(cell.view)!.get(cell.stream)!;
          const to = { out, start: (layer * width + head) * d, step: layers * width * d };
          const problem = copyCell(slice, cell, range, to, d);
          if (problem !== null) throw notFinite(cell, part, problem);
        }),
      );
      return [part, out];
    }),
  );
  const streams = new Int32Array(positions).fill(range.index);
  const pos = streams.map((_, i) => range.at + i);
  return { positions, layers, heads, streams, pos, tokenIds: null, vectors };
}

/** Copy one cell's rows into place and look at every number on the way. Returns the first that is not finite. */
function copyCell(
  { values, stride }: Slice,
  { layer, head }: Cell,
  { from, at, to }: Range,
  { out, start, step }: { readonly out: Float32Array; readonly start: number; readonly step: number },
  d: number,
): { readonly pos: number; readonly index: number; readonly value: number } | null {
  const base = layer * stride.layer + head * stride.head;
  const apart = stride.d;
  let zero = 0; // a NaN or an infinity makes it NaN: cheaper than asking every number
  for (let p = at; p < to; p++) {
    const source = base + (p - from) * stride.pos;
    const target = start + (p - at) * step;
    for (let j = 0; j < d; j++) {
      const value = values[source + j * apart];
      zero += value * 0;
      out[target + j] = value;
    }
  }
  if (zero === 0) return null;
  for (let p = at; ; p++)
    for (let index = 0; index < d; index++) {
      const value = values[base + (p - from) * stride.pos + index * stride.d];
      if (!Number.isFinite(value)) return { pos: p, index, value };
    }
}

function notFinite(
  { view, stream, layer, head }: Cell,
  part: Part,
  at: { pos: number; index: number; value: number },
) {
  const { tensor } = view;
  return badInput(
    tensor.path,
    `tensor ${tensor.name}: ${part} holds ${at.value} at stream ${stream}, layer ${layer}, head ${head}, pos ${at.pos}, index ${at.index}`,
    'vectors must be finite float32 numbers',
  );
}
