import type { DenseMatrix } from '../matrix.js';
import { applyMask, maskOfSmallest, type Pruned } from './masks.js';

/** Prune the weights of smallest size, exactly round(ratio·size) of the matrix: of a fused W, or of W_Q and W_K each. */
export function magnitude(weight: DenseMatrix, ratio: number): Pruned {
  return applyMask(weight, maskOfSmallest({ ...weight, data: weight.data.map(Math.abs) }, ratio));
}
