import {
  dot,
  hadamard,
  minus,
  multiply,
  multiplyTranspose,
  rowOf,
  scaled,
  transposeMultiply,
  zeros,
  type DenseMatrix,
} from '../matrix.js';
import type { AttentionOptions } from './attention.js';
import type { JointWeights } from './joint-weights.js';
import { halfSquare } from './loss.js';
import type { TrainingInputs } from './problem.js';
import { softmax } from './softmax.js';
import { kronecker } from './tensor-products.js';

/** A loss and its gradients by X and Y. */
export interface JointGradients {
  readonly loss: number;
  readonly gradients: JointWeights;
}

/**
 * The loss of Definition 3.10 and its gradient dL/dX = scale·a1ᵀ·p·(a2 ⊗ a3) as Lemma 4.1 has it, and dL/dY, with the
 * paper's names. Matrices have n1·n2 columns: for tests and for reading; `jointGradients` is the same without them.
 *
 * The paper drops the scale in its appendices D and E; here it stands.
 */
export function closedForm(
  { a1, a2, a3, a4, a5, e }: TrainingInputs,
  { x, y }: JointWeights,
  { scale, causal }: AttentionOptions,
): JointGradients {
  const keys = kronecker(a2, a3); // (n1·n2 × d²)
  const values = kronecker(a4, a5);
  const f = softmaxRows(multiplyTranspose(multiply(a1, x), keys), scale, causal ? a3.rows : null);
  const h = multiply(values, y); // (n1·n2 × d)
  const c = minus(multiply(f, h), e);
  const q = multiplyTranspose(c, h); // (n × n1·n2)
  const p = minus(hadamard(f, q), timesRows(f, rowSums(hadamard(f, q))));
  return {
    loss: halfSquare(c),
    gradients: {
      x: scaled(multiply(transposeMultiply(a1, p), keys), scale),
      y: transposeMultiply(values, transposeMultiply(f, c)),
    },
  };
}

/** Softmax of every row; with a mask, row j over the pairs (a, b) of rows 0 to j, all others 0. */
function softmaxRows(scores: DenseMatrix, scale: number, causalLength: number | null): DenseMatrix {
  const f = zeros(scores.rows, scores.columns);
  for (let j = 0; j < f.rows; j++) {
    const n = causalLength;
    const seen = (pair: number) => n === null || (Math.floor(pair / n) <= j && pair % n <= j);
    const row = rowOf(scores, j).map((score, pair) => (seen(pair) ? score : -Math.sign(scale) * Infinity));
    softmax(row, scale);
    rowOf(f, j).set(row);
  }
  return f;
}

function rowSums(matrix: DenseMatrix): Float64Array {
  const ones = new Float64Array(matrix.columns).fill(1);
  return Float64Array.from({ length: matrix.rows }, (_, j) => dot(rowOf(matrix, j), ones));
}

/** diag(factors)·matrix */
function timesRows(matrix: DenseMatrix, factors: Float64Array): DenseMatrix {
  const { columns, data } = matrix;
  return { ...matrix, data: data.map((x, at) => x * factors[Math.floor(at / columns)]) };
}
