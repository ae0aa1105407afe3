import { pruneHead, type PruneMethod } from '../../../pipelines/prune/methods.js';
import { exactAttention } from '../../../pipelines/perplexity/exact-attention.js';
import { forwardWindows } from '../../../pipelines/perplexity/forward.js';
import { chooseSequenceKernels } from '../../../pipelines/train/kernels.js';
import type { LanguageModel, LanguageModelLayer } from '../../../src/core/language-model.js';
import { matrixOf, type DenseMatrix } from '../../../src/lab/matrix.js';
import { DESCENT } from '../../../src/lab/pruning/algorithm-1.js';

/** Methods that prune projections of both orders, each by itself. */
export const METHODS = ['magnitude', 'wanda', 'sparsegpt'] as const satisfies readonly PruneMethod[];
export type Method = (typeof METHODS)[number];

const CALIBRATION = 8; // windows of training text

/**
 * The model with a share of W_Q, W_K1 and W_K2 set to 0, head by head, as `kronflow prune` does. Inputs for calibration are
 * those of the dense model over the first windows of `text`.
 */
export async function prunedModel(
  model: LanguageModel,
  text: Uint8Array,
  method: Method,
  ratio: number,
): Promise<LanguageModel> {
  const inputs = await layerInputs(model, text);
  return {
    ...model,
    layers: model.layers.map((layer, l) => prunedLayer(model, layer, inputs[l], method, ratio)),
  };
}

/** What the projections of every layer read, (tokens × dModel). */
async function layerInputs(model: LanguageModel, text: Uint8Array): Promise<readonly DenseMatrix[]> {
  const { context, dModel } = model.shape;
  const tokens = text.subarray(0, context * Math.min(CALIBRATION, Math.floor(text.length / context)));
  const inputs: DenseMatrix[] = [];
  const watch = (normed: Float32Array) =>
    void inputs.push({ rows: tokens.length, columns: dModel, data: Float64Array.from(normed) });
  const exact = exactAttention(model.shape, chooseSequenceKernels('auto'));
  await forwardWindows(model, tokens, context, exact, { watch });
  return inputs;
}

function prunedLayer(
  { shape: { heads, d, scale } }: LanguageModel,
  layer: LanguageModelLayer,
  x: DenseMatrix,
  method: Method,
  ratio: number,
): LanguageModelLayer {
  const { q, k1, k2 } = layer.projection;
  const weights = [q, k1, ...(k2 === null ? [] : [k2])].map((w) => w.slice());
  const width = heads * d;
  for (let head = 0; head < heads; head++) {
    const projections = weights.map((w) => matrixOf(x.columns, d, (i, t) => w[i * width + head * d + t]));
    const settings = { method, ratio, lambdas: [], descent: DESCENT };
    pruneHead({ x, projections, scale }, settings).projections.forEach(({ weight }, side) => {
      for (let i = 0; i < weight.rows; i++)
        for (let t = 0; t < d; t++) weights[side][i * width + head * d + t] = weight.data[i * d + t];
    });
  }
  const [newQ, newK1, newK2 = null] = weights;
  return { ...layer, projection: { ...layer.projection, q: newQ, k1: newK1, k2: newK2 } };
}
