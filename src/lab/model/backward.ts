import type { LanguageModel, LanguageModelLayer } from '../../core/language-model.js';
import type { ProductSizes, SequenceKernels, SequenceRows } from '../../core/sequence.js';
import { applyFactors } from './dropout.js';
import { eachRow, type LayerPass, type Pass } from './forward.js';
import { addNormBack } from './norm.js';
import { newLike, type Scratch } from './scratch.js';

/** What a gradient is computed with. */
export interface BackwardOptions {
  readonly kernels: SequenceKernels;
  /** Default: new arrays. */
  readonly scratch?: Scratch;
}

/**
 * Add to `gradient` what a sequence brings to it, once its logits, (n × vocabulary), have become the gradient by them.
 * Checked against differences of the loss in float64.
 */
export function backward(
  model: LanguageModel,
  { ids, layers, last, logits: byLogits, skipped }: Pass,
  gradient: LanguageModel,
  { kernels, scratch = newLike(model.embed) }: BackwardOptions,
): void {
  const { dModel, vocabulary } = model.shape;
  const n = ids.length;
  const byLast = scratch.take(n * dModel);
  kernels.addProduct(byLogits, model.embed, byLast, { rows: n, inner: vocabulary, columns: dModel });
  const byEmbed = { rows: vocabulary, inner: n, columns: dModel };
  kernels.addProduct({ turned: byLogits }, last.y, gradient.embed, byEmbed);
  const byX = scratch.take(n * dModel);
  addNormBack(last, byLast, byX);
  for (let l = layers.length - 1; l >= 0; l--)
    layerBack(model, l, layers[l], gradient.layers[l], byX, { kernels, scratch });
  for (let i = 0; i < byX.length; i++) gradient.positions[i] += byX[i];
  eachRow(gradient, ids, (table, row, from, back) => {
    if (skipped.has(back * n * dModel + from)) return;
    for (let t = 0; t < dModel; t++) table[row + t] += byX[from + t];
  });
}

/** Move `byX` from behind a layer to before it. */
function layerBack(
  { shape, layers }: LanguageModel,
  layer: number,
  { attended, rows, answers, fed, hidden, active, dropped }: LayerPass,
  gradient: LanguageModelLayer,
  byX: Float32Array,
  { kernels, scratch }: Required<BackwardOptions>,
): void {
  const { projection, output, up, down } = layers[layer];
  const { dModel, hidden: between, heads, d, scale } = shape;
  const [n, width] = [byX.length / dModel, heads * d];
  const products = linearBack(kernels, n);

  const byHidden = scratch.take(n * between);
  products(active, down, byX, { inner: between, columns: dModel }, gradient.down, byHidden);
  if (dropped) applyFactors(byHidden, dropped.active);
  for (let i = 0; i < byHidden.length; i++) byHidden[i] *= hidden[i] > 0 ? 2 * hidden[i] : 0;
  const byFed = scratch.take(n * dModel);
  products(fed.y, up, byHidden, { inner: dModel, columns: between }, gradient.up, byFed);
  addNormBack(fed, byFed, byX);

  const byOut = scratch.take(n * width);
  let byAttention = byX;
  if (dropped) {
    byAttention = scratch.take(byX.length);
    for (let i = 0; i < byX.length; i++) byAttention[i] = byX[i] * dropped.attention[i];
  }
  products(answers.out, output, byAttention, { inner: width, columns: dModel }, gradient.output, byOut);
  const byRows = rowsLike(rows, scratch);
  kernels.attendBack({ n, heads, d, scale }, rows, answers, byOut, byRows);
  const byAttended = scratch.take(n * dModel);
  for (const side of ['q', 'k1', 'k2', 'v1', 'v2'] as const) {
    const [w, by, into] = [projection[side], byRows[side], gradient.projection[side]];
    if (w === null || by === null || into === null) continue;
    products(attended.y, w, by, { inner: dModel, columns: width }, into, byAttended);
  }
  addNormBack(attended, byAttended, byX);
}

/** Of out = x·w, n rows: add to the gradients by w and by x, from that by out. */
function linearBack({ addProduct }: SequenceKernels, n: number) {
  return (
    x: Float32Array,
    w: Float32Array,
    byOut: Float32Array,
    { inner, columns }: Omit<ProductSizes, 'rows'>,
    byW: Float32Array,
    byX: Float32Array,
  ) => {
    addProduct({ turned: x }, byOut, byW, { rows: inner, inner: n, columns });
    addProduct(byOut, { turned: w }, byX, { rows: n, inner: columns, columns: inner });
  };
}

function rowsLike({ q, k1, k2, v1, v2 }: SequenceRows, scratch: Scratch): SequenceRows {
  const of = (rows: Float32Array) => scratch.take(rows.length);
  return { q: of(q), k1: of(k1), k2: k2 && of(k2), v1: of(v1), v2: v2 && of(v2) };
}
