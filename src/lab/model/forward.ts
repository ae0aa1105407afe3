import type { LanguageModel, LanguageModelLayer } from '../../core/language-model.js';
import type { SequenceAnswers, SequenceKernels, SequenceRows, SequenceShape } from '../../core/sequence.js';
import type { Dropout } from './dropout.js';
import { norm, type Normed } from './norm.js';
import { newLike, type Scratch } from './scratch.js';

/** How the heads of a layer answer a whole sequence: fills `answers`; `logs` only where a gradient is taken. */
export type AttendLayer = (
  shape: SequenceShape,
  rows: SequenceRows,
  answers: SequenceAnswers,
  layer: number,
) => void;

/** What one layer leaves for its gradient. */
export interface LayerPass {
  /** (n × dModel), what projections read. */
  readonly attended: Normed;
  readonly rows: SequenceRows;
  readonly answers: SequenceAnswers;
  /** (n × dModel), what the feed-forward matrices read. */
  readonly fed: Normed;
  /** (n × hidden), before the nonlinearity, and after it. */
  readonly hidden: Float32Array;
  readonly active: Float32Array;
  /** What dropout multiplied attention's part and the active numbers with; null without. */
  readonly dropped: { readonly attention: Float32Array; readonly active: Float32Array } | null;
}

/** A sequence on its way through a model. */
export interface Pass {
  readonly ids: ArrayLike<number>;
  readonly layers: readonly LayerPass[];
  /** (n × dModel), what logits are made of. */
  readonly last: Normed;
  /** (n × vocabulary) */
  readonly logits: Float32Array;
  /** Rows of tables that dropout left out, as `eachRow` counts them. */
  readonly skipped: ReadonlySet<number>;
}

/** Settings of `forward`. */
export interface ForwardOptions {
  readonly kernels: SequenceKernels;
  /** Default: exact attention by `kernels`. */
  readonly attend?: AttendLayer;
  /** Default: new arrays of the kind the model has (float32, or float64 in tests of gradients). */
  readonly scratch?: Scratch;
  /** Default: nothing is left out. */
  readonly dropout?: Dropout | null;
}

/** Logits of a whole sequence of n ≤ context tokens, and all that its gradient needs; the formulas are at `LanguageModel`. */
export function forward(model: LanguageModel, ids: ArrayLike<number>, options: ForwardOptions): Pass {
  const { kernels, attend = kernels.attend.bind(kernels) } = options;
  const { scratch = newLike(model.embed), dropout = null } = options;
  const { dModel, vocabulary } = model.shape;
  const n = ids.length;
  if (n > model.shape.context) throw new RangeError(`${n} tokens, and the context is ${model.shape.context}`);
  const skipped = new Set<number>();
  const x = embedded(model, ids, scratch, (row, back) => {
    if (back > 0 && dropout?.skip()) skipped.add(row);
    return skipped.has(row);
  });
  const layers = model.layers.map((layer, index) =>
    throughLayer(model, layer, x, { kernels, scratch, dropout }, (shape, rows, answers) =>
      attend(shape, rows, answers, index),
    ),
  );
  const last = normed(x, n, scratch);
  const logits = scratch.take(n * vocabulary);
  kernels.addProduct(last.y, { turned: model.embed }, logits, {
    rows: n,
    inner: dModel,
    columns: vocabulary,
  });
  return { ids, layers, last, logits, skipped };
}

/** Move `x`, (n × dModel), through one layer. */
function throughLayer(
  { shape }: LanguageModel,
  { projection, output, up, down }: LanguageModelLayer,
  x: Float32Array,
  { kernels, scratch, dropout }: Required<Pick<ForwardOptions, 'kernels' | 'scratch' | 'dropout'>>,
  attend: (shape: SequenceShape, rows: SequenceRows, answers: SequenceAnswers) => void,
): LayerPass {
  const { dModel, hidden: between, heads, d, scale } = shape;
  const [n, width] = [x.length / dModel, heads * d];
  const product = (rows: Float32Array, w: Float32Array, inner: number, columns: number) => {
    const out = scratch.take(n * columns);
    kernels.addProduct(rows, w, out, { rows: n, inner, columns });
    return out;
  };
  const attended = normed(x, n, scratch);
  const { q, k1, k2, v1, v2 } = projection;
  const of = (w: Float32Array) => product(attended.y, w, dModel, width);
  const rows = { q: of(q), k1: of(k1), k2: k2 && of(k2), v1: of(v1), v2: v2 && of(v2) };
  const answers = { out: scratch.take(n * width), logs: scratch.take(n * heads) };
  attend({ n, heads, d, scale }, rows, answers);
  const byAttention = product(answers.out, output, width, dModel);
  const attention = dropout?.apply(byAttention, scratch);
  for (let i = 0; i < x.length; i++) x[i] += byAttention[i];
  const fed = normed(x, n, scratch);
  const hidden = product(fed.y, up, dModel, between);
  const active = activated(hidden, scratch);
  const ofActive = dropout?.apply(active, scratch);
  kernels.addProduct(active, down, x, { rows: n, inner: between, columns: dModel });
  const dropped = attention && ofActive ? { attention, active: ofActive } : null;
  return { attended, rows, answers, fed, hidden, active, dropped };
}

/** relu(x)² (So et al., Primer, 2021): no exponentials, and better than relu. */
function activated(hidden: Float32Array, scratch: Scratch): Float32Array {
  const out = scratch.take(hidden.length);
  for (let i = 0; i < hidden.length; i++) if (hidden[i] > 0) out[i] = hidden[i] * hidden[i];
  return out;
}

function embedded(
  model: LanguageModel,
  ids: ArrayLike<number>,
  scratch: Scratch,
  leaveOut: (row: number, back: number) => boolean,
): Float32Array {
  const { dModel } = model.shape;
  const x = scratch.take(ids.length * dModel);
  x.set(model.positions.subarray(0, x.length));
  eachRow(model, ids, (table, row, to, back) => {
    if (leaveOut(back * ids.length * dModel + to, back)) return;
    for (let t = 0; t < dModel; t++) x[to + t] += table[row + t];
  });
  return x;
}

/** Every row of a table that is part of what enters a model: where it starts, and where its token does in x. */
export function eachRow(
  { shape: { dModel }, embed, previous }: LanguageModel,
  ids: ArrayLike<number>,
  visit: (table: Float32Array, row: number, to: number, back: number) => void,
): void {
  for (const [back, table] of [embed, ...previous].entries())
    for (let i = back; i < ids.length; i++) visit(table, ids[i - back] * dModel, i * dModel, back);
}

function normed(x: Float32Array, n: number, scratch: Scratch): Normed {
  const out = { y: scratch.take(x.length), factor: scratch.take(n) };
  norm(x, out);
  return out;
}
