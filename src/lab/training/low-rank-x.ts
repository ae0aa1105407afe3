import { monomials } from '../../core/monomials.js';
import {
  dot,
  matrixOf,
  multiply,
  multiplyTranspose,
  rowOf,
  scaled,
  transposeMultiply,
  type DenseMatrix,
} from '../matrix.js';
import { taylorWeights } from './feature-sums.js';
import { projectRows, type TrainingInputs, type TrainingWeights } from './problem.js';
import { columnKronecker, multiplyProducts, rowKronecker } from './tensor-products.js';

/**
 * dL/dX, (d × d²), of an unmasked head by low rank, as the paper has it: scale·M1·(M2 ⊘ M3)ᵀ with factors of O(r·d) columns
 * (math.md 6.3). Values carry a 1 and residuals −r_j behind them, so one product holds both p1 and p2 of p = p1 − p2.
 *
 * Time O(n·r·d² + r·d⁴); training needs the gradients by x1, x2 and x3 alone, from `lowRankAttention` in O(n·r·d²). Not for
 * causal heads: a mask ties queries to rows, and M1, M2, M3 no longer sum over each apart.
 */
export function lowRankGradientByX(
  inputs: TrainingInputs,
  weights: TrainingWeights,
  { scale, degree }: { readonly scale: number; readonly degree: number },
): DenseMatrix {
  const { q, k1, k2, v1, v2 } = projectRows(inputs, weights);
  const ones = new Float64Array(monomials(q.columns, degree).count).fill(1);
  const u1 = monomialRows(q, degree, taylorWeights(monomials(q.columns, degree), scale));
  const [u2, u3] = [monomialRows(k1, degree, ones), monomialRows(k2, degree, ones)];
  const [v1and1, v2and1] = [withOnes(v1), withOnes(v2)];
  const answered = multiply(u1, multiplyProducts([u2, u3], [v1and1, v2and1])); // (n × (d + 1)): Z·o and Z
  const m1 = transposeMultiply(inputs.a1, rowKronecker(u1, residuals(answered, inputs.e)));
  const m2 = transposeMultiply(inputs.a2, rowKronecker(u2, v1and1));
  const m3 = transposeMultiply(inputs.a3, rowKronecker(u3, v2and1));
  return scaled(multiplyTranspose(m1, columnKronecker(m2, m3)), scale);
}

/** Every row's monomials times `factors`, (n × r). */
function monomialRows(rows: DenseMatrix, degree: number, factors: Float64Array): DenseMatrix {
  const list = monomials(rows.columns, degree);
  const data = new Float64Array(rows.rows * list.count);
  for (let i = 0; i < rows.rows; i++) {
    data.set(
      list.at(rowOf(rows, i)).map((x, f) => x * factors[f]),
      i * list.count,
    );
  }
  return { rows: rows.rows, columns: list.count, data };
}

/** A column of ones behind the others. */
function withOnes(matrix: DenseMatrix): DenseMatrix {
  return matrixOf(matrix.rows, matrix.columns + 1, (i, j) => (j < matrix.columns ? rowOf(matrix, i)[j] : 1));
}

/** (c_j, −<o_j, c_j>) / Z_j of every query, (n × (d + 1)). */
function residuals(answered: DenseMatrix, e: DenseMatrix): DenseMatrix {
  const d = e.columns;
  const out = matrixOf(e.rows, d + 1, () => 0);
  for (let j = 0; j < e.rows; j++) {
    const total = rowOf(answered, j)[d];
    const output = rowOf(answered, j)
      .subarray(0, d)
      .map((x) => x / total);
    const residual = output.map((o, l) => o - rowOf(e, j)[l]);
    rowOf(out, j).set([...residual, -dot(output, residual)].map((x) => x / total));
  }
  return out;
}
