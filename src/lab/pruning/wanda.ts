import type { DenseMatrix } from '../matrix.js';
import { applyMask, checkRatio, smallestFirst, type Pruned } from './masks.js';

/**
 * Wanda for Y = x·W, x (n × in) and W (in × out): in every output column the floor(ratio·in) weights with the smallest
 * |W_ij|·|x_·i| are pruned (math.md 8.5).
 */
export function wanda(x: DenseMatrix, weight: DenseMatrix, ratio: number): Pruned {
  checkRatio(ratio);
  const norms = inputNorms(x);
  const [inputs, outputs] = [weight.rows, weight.columns];
  const mask: DenseMatrix = { ...weight, data: new Float64Array(weight.data.length).fill(1) };
  for (let j = 0; j < outputs; j++) {
    const scores = norms.map((norm, i) => Math.abs(weight.data[i * outputs + j]) * norm);
    for (const i of smallestFirst(scores).subarray(0, Math.floor(ratio * inputs)))
      mask.data[i * outputs + j] = 0;
  }
  return applyMask(weight, mask);
}

/** |x_·i| of every column i. */
function inputNorms({ columns, data }: DenseMatrix): Float64Array {
  const squares = new Float64Array(columns);
  data.forEach((value, at) => (squares[at % columns] += value * value));
  return squares.map(Math.sqrt);
}
