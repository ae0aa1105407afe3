import {
  addTo,
  combine,
  dot,
  firstRows,
  multiply,
  multiplyTranspose,
  reshaped,
  rowOf,
  transposeMultiply,
  zeros,
  type DenseMatrix,
} from '../matrix.js';
import type { AttentionOptions } from './attention.js';
import type { JointGradients } from './closed-form.js';
import type { JointWeights } from './joint-weights.js';
import type { TrainingInputs } from './problem.js';
import { softmax } from './softmax.js';
import { vec } from './tensor-products.js';

/**
 * `closedForm` one query after the other, for X and Y without factors as well: no matrix has n1·n2 columns. By the tensor
 * trick (Fact 5.7) a row of a1·X·(a2 ⊗ a3)ᵀ is a2·M·a3ᵀ with M (d × d), and so for values.
 *
 * Time O(n·(n1·n2·d + n1·d² + d³)), memory O(n1·n2 + n·d + d³).
 */
export function jointGradients(
  inputs: TrainingInputs,
  { x, y }: JointWeights,
  options: AttentionOptions,
): JointGradients {
  const { a1, e } = inputs;
  const d = a1.columns;
  const queries = multiply(a1, x); // (n × d²)
  const gradients = { x: zeros(d, d * d), y: zeros(d * d, d) };
  let loss = 0;
  for (let j = 0; j < a1.rows; j++) {
    const seen = seenBy(j, inputs, options);
    const weights = between(seen.a2, reshaped(oneRow(queries, j), d, d), seen.a3);
    softmax(weights.data, options.scale);
    const pooled = vec(within(seen.a4, weights, seen.a5)); // (a4 ⊗ a5)ᵀ·f_j, (d² × 1)
    const output = transposeMultiply(pooled, y);
    const residual = combine(output, oneRow(e, j), (o, wanted) => o - wanted); // (1 × d)
    const byWeights = between(seen.a4, reshaped(multiplyTranspose(residual, y), d, d), seen.a5);
    const mean = dot(output.data, residual.data);
    const byScores = combine(weights, byWeights, (f, q) => options.scale * f * (q - mean));
    const byQuery = within(seen.a2, byScores, seen.a3); // (d × d): row j of the gradient by a1·X
    addTo(gradients.x, transposeMultiply(oneRow(a1, j), reshaped(byQuery, 1, d * d)));
    addTo(gradients.y, multiply(pooled, residual));
    loss += dot(residual.data, residual.data) / 2;
  }
  return { loss, gradients };
}

/** a·m·bᵀ, (rows of a × rows of b). */
function between(a: DenseMatrix, m: DenseMatrix, b: DenseMatrix): DenseMatrix {
  return multiplyTranspose(multiply(a, m), b);
}

/** aᵀ·m·b, (d × d). */
function within(a: DenseMatrix, m: DenseMatrix, b: DenseMatrix): DenseMatrix {
  return transposeMultiply(a, multiply(m, b));
}

function oneRow(matrix: DenseMatrix, j: number): DenseMatrix {
  return { rows: 1, columns: matrix.columns, data: rowOf(matrix, j) };
}

function seenBy(j: number, { a2, a3, a4, a5 }: TrainingInputs, { causal }: AttentionOptions) {
  if (!causal) return { a2, a3, a4, a5 };
  const upTo = (matrix: DenseMatrix) => firstRows(matrix, j + 1);
  return { a2: upTo(a2), a3: upTo(a3), a4: upTo(a4), a5: upTo(a5) };
}
