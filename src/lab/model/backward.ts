import type { LanguageModel, LanguageModelLayer } from '../../core/language-model.js';
import type { SequenceKernels, SequenceRows } from '../../core/sequence.js';
import { activated, like, transposed, type LayerPass, type Pass } from './forward.js';
import { addNormBack } from './norm.js';

/**
 * Add to `gradient` what a sequence brings to it, from the gradient by its logits, (n × vocabulary).
 * Checked against differences of the loss in float64.
 */
export function backward(
  model: LanguageModel,
  { ids, layers, last, logits: byLogits }: Pass,
  gradient: LanguageModel,
  kernels: SequenceKernels,
): void {
  const { dModel, vocabulary } = model.shape;
  const n = ids.length;
  const byLast = like(last.y, n * dModel);
  kernels.addProduct(byLogits, model.embed, byLast, n, vocabulary, dModel);
  kernels.addProduct(transposed(byLogits, n, vocabulary), last.y, gradient.embed, vocabulary, n, dModel);
  const byX = like(last.y, n * dModel);
  addNormBack(last, byLast, byX);
  for (let l = layers.length - 1; l >= 0; l--)
    layerBack(model, model.layers[l], layers[l], gradient.layers[l], byX, kernels);
  for (let i = 0; i < n; i++) {
    for (let t = 0; t < dModel; t++) {
      gradient.embed[ids[i] * dModel + t] += byX[i * dModel + t];
      gradient.positions[i * dModel + t] += byX[i * dModel + t];
    }
  }
}

/** Move `byX` from behind a layer to before it. */
function layerBack(
  { shape }: LanguageModel,
  { projection, output, up, down }: LanguageModelLayer,
  { attended, rows, answers, fed, hidden }: LayerPass,
  gradient: LanguageModelLayer,
  byX: Float32Array,
  kernels: SequenceKernels,
): void {
  const { dModel, hidden: between, heads, d, scale } = shape;
  const [n, width] = [byX.length / dModel, heads * d];
  const products = linearBack(kernels, n);

  const byHidden = like(byX, n * between);
  products(activated(hidden), down, byX, { inner: between, columns: dModel }, gradient.down, byHidden);
  for (let i = 0; i < byHidden.length; i++) byHidden[i] *= hidden[i] > 0 ? 2 * hidden[i] : 0;
  const byFed = like(byX, n * dModel);
  products(fed.y, up, byHidden, { inner: dModel, columns: between }, gradient.up, byFed);
  addNormBack(fed, byFed, byX);

  const byOut = like(byX, n * width);
  products(answers.out, output, byX, { inner: width, columns: dModel }, gradient.output, byOut);
  const byRows = rowsLike(rows);
  kernels.attendBack({ n, heads, d, scale }, rows, answers, byOut, byRows);
  const byAttended = like(byX, n * dModel);
  for (const side of ['q', 'k1', 'k2', 'v1', 'v2'] as const) {
    const [w, by, into] = [projection[side], byRows[side], gradient.projection[side]];
    if (w === null || by === null || into === null) continue;
    products(attended.y, w, by, { inner: dModel, columns: width }, into, byAttended);
  }
  addNormBack(attended, byAttended, byX);
}

/** Of out = x·w: add to the gradients by w and by x, from that by out. */
function linearBack({ addProduct }: SequenceKernels, n: number) {
  return (
    x: Float32Array,
    w: Float32Array,
    byOut: Float32Array,
    { inner, columns }: { readonly inner: number; readonly columns: number },
    byW: Float32Array,
    byX: Float32Array,
  ) => {
    addProduct(transposed(x, n, inner), byOut, byW, inner, n, columns);
    addProduct(byOut, transposed(w, inner, columns), byX, n, columns, inner);
  };
}

function rowsLike({ q, k1, k2, v1, v2 }: SequenceRows): SequenceRows {
  const of = (rows: Float32Array) => like(rows, rows.length);
  return { q: of(q), k1: of(k1), k2: k2 && of(k2), v1: of(v1), v2: v2 && of(v2) };
}
