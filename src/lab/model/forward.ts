import type { LanguageModel, LanguageModelLayer } from '../../core/language-model.js';
import type { SequenceAnswers, SequenceKernels, SequenceRows, SequenceShape } from '../../core/sequence.js';
import { norm, type Normed } from './norm.js';

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
  /** (n × hidden), before the nonlinearity. */
  readonly hidden: Float32Array;
}

/** A sequence on its way through a model. */
export interface Pass {
  readonly ids: ArrayLike<number>;
  readonly layers: readonly LayerPass[];
  /** (n × dModel), what logits are made of. */
  readonly last: Normed;
  /** (n × vocabulary) */
  readonly logits: Float32Array;
}

/** Settings of `forward`. */
export interface ForwardOptions {
  readonly kernels: SequenceKernels;
  /** Default: exact attention by `kernels`. */
  readonly attend?: AttendLayer;
}

/**
 * Logits of a whole sequence of n ≤ context tokens, and all that its gradient needs; see `LanguageModel` for the formulas.
 * Arrays are of the kind the model has: float32, or float64 in tests of gradients.
 */
export function forward(
  model: LanguageModel,
  ids: ArrayLike<number>,
  { kernels, attend = kernels.attend.bind(kernels) }: ForwardOptions,
): Pass {
  const { dModel, vocabulary } = model.shape;
  const n = ids.length;
  const x = embedded(model, ids);
  const layers = model.layers.map((layer, index) =>
    throughLayer(model, layer, x, kernels, (shape, rows, answers) => attend(shape, rows, answers, index)),
  );
  const last = normedLike(x, n);
  norm(x, last);
  const logits = like(x, n * vocabulary);
  kernels.addProduct(last.y, transposed(model.embed, vocabulary, dModel), logits, n, dModel, vocabulary);
  return { ids, layers, last, logits };
}

/** Move `x`, (n × dModel), through one layer. */
function throughLayer(
  { shape }: LanguageModel,
  { projection, output, up, down }: LanguageModelLayer,
  x: Float32Array,
  { addProduct }: SequenceKernels,
  attend: (shape: SequenceShape, rows: SequenceRows, answers: SequenceAnswers) => void,
): LayerPass {
  const { dModel, hidden: between, heads, d, scale } = shape;
  const [n, width] = [x.length / dModel, heads * d];
  const product = (rows: Float32Array, w: Float32Array, inner: number, columns: number) => {
    const out = like(x, n * columns);
    addProduct(rows, w, out, n, inner, columns);
    return out;
  };
  const attended = normedLike(x, n);
  norm(x, attended);
  const { q, k1, k2, v1, v2 } = projection;
  const of = (w: Float32Array) => product(attended.y, w, dModel, width);
  const rows = { q: of(q), k1: of(k1), k2: k2 && of(k2), v1: of(v1), v2: v2 && of(v2) };
  const answers = { out: like(x, n * width), logs: like(x, n * heads) };
  attend({ n, heads, d, scale }, rows, answers);
  addProduct(answers.out, output, x, n, width, dModel);
  const fed = normedLike(x, n);
  norm(x, fed);
  const hidden = product(fed.y, up, dModel, between);
  addProduct(activated(hidden), down, x, n, between, dModel);
  return { attended, rows, answers, fed, hidden };
}

/** relu(x)², (So et al., Primer, 2021): no exponentials, and better than relu. */
export function activated(hidden: Float32Array): Float32Array {
  return hidden.map((x) => (x > 0 ? x * x : 0));
}

function embedded({ shape: { dModel }, embed, positions }: LanguageModel, ids: ArrayLike<number>) {
  const x = like(embed, ids.length * dModel);
  for (let i = 0; i < ids.length; i++)
    for (let t = 0; t < dModel; t++)
      x[i * dModel + t] = embed[ids[i] * dModel + t] + positions[i * dModel + t];
  return x;
}

/** Zeros of the same kind. */
export function like(x: Float32Array, length: number): Float32Array {
  return new (x.constructor as Float32ArrayConstructor)(length);
}

function normedLike(x: Float32Array, n: number): Normed {
  return { y: like(x, x.length), factor: like(x, n) };
}

/** The transpose of a (rows × columns) matrix. */
export function transposed(x: Float32Array, rows: number, columns: number): Float32Array {
  const out = like(x, x.length);
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) out[c * rows + r] = x[r * columns + c];
  return out;
}
