import { minus, transposeMultiply, type DenseMatrix } from '../matrix.js';
import type { Attention, AttentionRows } from './attention.js';
import { projectRows, type TrainingInputs, type TrainingWeights } from './problem.js';

/** A loss and its gradients by all weights. */
export interface LossGradients {
  readonly loss: number;
  readonly gradients: TrainingWeights;
}

/** L = ½·‖O − E‖² of the outputs O of a head (Definition 3.10). Inputs and weights are the caller's to check. */
export function lossOf(inputs: TrainingInputs, weights: TrainingWeights, attention: Attention): number {
  return halfSquare(minus(attention.forward(projectRows(inputs, weights)), inputs.e));
}

/** The loss, and its gradients by the factors x1 to y2: exact or not as `attention` is. */
export function lossGradients(
  inputs: TrainingInputs,
  weights: TrainingWeights,
  attention: Attention,
): LossGradients {
  const rows = projectRows(inputs, weights);
  const residual = minus(attention.forward(rows), inputs.e);
  return {
    loss: halfSquare(residual),
    gradients: byWeights(inputs, attention.backward(rows, residual)),
  };
}

/** ½·‖c‖² */
export function halfSquare({ data }: DenseMatrix): number {
  return data.reduce((sum, x) => sum + (x * x) / 2, 0);
}

/** dX1 = a1ᵀ·dQ, as Q = a1·X1; so for all five. */
function byWeights(inputs: TrainingInputs, { q, k1, k2, v1, v2 }: AttentionRows): TrainingWeights {
  const { a1, a2, a3, a4, a5 } = inputs;
  return {
    ...{ x1: transposeMultiply(a1, q), x2: transposeMultiply(a2, k1), x3: transposeMultiply(a3, k2) },
    ...{ y1: transposeMultiply(a4, v1), y2: transposeMultiply(a5, v2) },
  };
}
