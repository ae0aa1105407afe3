import type { LanguageModel, LanguageModelLayer } from '../../src/core/language-model.js';
import { multiplyRows, type MultiplyRows } from '../../src/core/multiply-rows.js';
import type { SequenceRows } from '../../src/core/sequence.js';
import { eachRow } from '../../src/lab/model/forward.js';
import { norm } from '../../src/lab/model/norm.js';

/**
 * Attention outputs, (rows × heads·d), of all heads of one layer. Rows are those of windows of `length` tokens, one after the
 * other; a token attends to itself and to what stands before it in its window.
 */
export type LayerAttention = (rows: SequenceRows, layer: number, length: number) => Promise<Float32Array>;

/** What a forward pass may do otherwise. */
export interface ForwardOptions {
  /** Product of rows with a matrix; every one gives the same bits. Default: the reference. */
  readonly multiply?: MultiplyRows | undefined;
  /** Shown the normed input of every layer's attention, (rows × dModel). */
  readonly watch?: (normed: Float32Array, layer: number) => void;
}

/**
 * Logits, (tokens × vocabulary), of windows of `length` tokens that lie one after the other in `tokens`. What `attention`
 * answers drives the residual stream, so that errors of one layer reach the next. The same as `forward` of src/lab/model, but
 * for answers that have to be waited for, and without what gradients need.
 */
export async function forwardWindows(
  model: LanguageModel,
  tokens: Uint8Array,
  length: number,
  attention: LayerAttention,
  { multiply = multiplyRows, watch }: ForwardOptions = {},
): Promise<Float32Array> {
  const times = (x: Float32Array, w: Float32Array) => product(multiply, x, w, tokens.length);
  const normedRows = (x: Float32Array) => {
    const normed = { y: new Float32Array(x.length), factor: new Float32Array(tokens.length) };
    norm(x, normed);
    return normed.y;
  };
  const x = embedded(model, tokens, length);
  for (const [layer, weights] of model.layers.entries()) {
    const normed = normedRows(x);
    watch?.(normed, layer);
    const answers = await attention(project(weights, normed, times), layer, length);
    add(x, times(answers, weights.output));
    add(x, times(squaredRelu(times(normedRows(x), weights.up)), weights.down));
  }
  return times(normedRows(x), transposed(model.embed, model.shape.vocabulary, model.shape.dModel));
}

function embedded(model: LanguageModel, tokens: Uint8Array, length: number): Float32Array {
  const { dModel } = model.shape;
  const x = new Float32Array(tokens.length * dModel);
  for (let from = 0; from < tokens.length; from += length) {
    const own = x.subarray(from * dModel, (from + length) * dModel);
    own.set(model.positions.subarray(0, own.length));
    eachRow(model, tokens.subarray(from, from + length), (table, row, to) => {
      for (let t = 0; t < dModel; t++) own[to + t] += table[row + t];
    });
  }
  return x;
}

function project(
  { projection: { q, k1, k2, v1, v2 } }: LanguageModelLayer,
  normed: Float32Array,
  times: (x: Float32Array, w: Float32Array) => Float32Array,
): SequenceRows {
  return {
    ...{ q: times(normed, q), k1: times(normed, k1), v1: times(normed, v1) },
    ...{ k2: k2 && times(normed, k2), v2: v2 && times(normed, v2) },
  };
}

function product(multiply: MultiplyRows, x: Float32Array, w: Float32Array, rows: number): Float32Array {
  const out = new Float32Array((w.length / (x.length / rows)) * rows);
  multiply(x, w, out, rows);
  return out;
}

function add(x: Float32Array, y: Float32Array): void {
  for (let i = 0; i < x.length; i++) x[i] += y[i];
}

function squaredRelu(x: Float32Array): Float32Array {
  return x.map((value) => (value > 0 ? value * value : 0));
}

function transposed(w: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(w.length);
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) out[c * rows + r] = w[r * columns + c];
  return out;
}
