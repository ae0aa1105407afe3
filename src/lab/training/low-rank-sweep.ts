import { Failure } from '../../core/failure.js';
import { monomials } from '../../core/monomials.js';
import { dot, rowOf, zeros, type DenseMatrix } from '../matrix.js';
import { zeroRows, type AttentionRows } from './attention.js';
import {
  addFeatures,
  addProducts,
  contractBoth,
  contractOne,
  featureSums,
  outerWith,
  taylorWeights,
} from './feature-sums.js';

/** One head on its way through rows: sums over those it has taken, outputs and gradients so far. */
export interface LowRankSweep {
  readonly outputs: DenseMatrix;
  readonly gradients: AttentionRows;
  /** Add row `a` of a side to its sums, or take it out again. */
  take(side: 1 | 2, a: number, sign: 1 | -1): void;
  /** Answer query `j` by the rows taken. @throws Failure `bad-input` where its weights do not sum to more than 0 */
  ask(j: number): void;
  /** Add what query `j`, just asked, brings to its own gradient. */
  giveQuery(j: number, byOutput: Float64Array): void;
  /** Note what query `j`, asked before, brings to the rows taken now. */
  note(j: number, byOutput: Float64Array): void;
  /** Add all that is noted for row `a` of a side to its gradient. */
  giveRow(side: 1 | 2, a: number): void;
}

/** Start with no row taken. Every call takes O(r·d²), r monomials of degree up to `degree`. */
export function lowRankSweep(rows: AttentionRows, scale: number, degree: number): LowRankSweep {
  const { q, k1, k2, v1, v2 } = rows;
  const d = q.columns;
  const list = monomials(d, degree);
  const [weights, u] = [taylorWeights(list, scale), new Float64Array(list.count)];
  const side = (k: DenseMatrix, v: DenseMatrix) => ({
    ...{ k, v, sums: featureSums(list.count, d), noted: featureSums(list.count, d) },
  });
  const sides = { 1: side(k1, v1), 2: side(k2, v2) };
  const [outputs, gradients] = [zeros(q.rows, d), zeroRows(rows)];
  const [totals, residual] = [new Float64Array(q.rows), new Float64Array(d + 1)];
  const [outer, both] = [new Float64Array((d + 1) ** 2), new Float64Array((d + 1) ** 2)];

  function expandQuery(j: number): void {
    const values = list.at(rowOf(q, j));
    for (let f = 0; f < u.length; f++) u[f] = weights[f] * values[f];
  }

  /** (c, −<o, c>) / Z of query `j`: by what the score and the value of every pair weigh in its gradient. */
  function setResidual(j: number, byOutput: Float64Array): void {
    for (let l = 0; l < d; l++) residual[l] = byOutput[l] / totals[j];
    residual[d] = -dot(rowOf(outputs, j), byOutput) / totals[j];
  }

  return {
    outputs,
    gradients,
    take(of, a, sign) {
      const { k, v, sums } = sides[of];
      outerWith(outer, rowOf(v, a), 1, rowOf(k, a));
      addFeatures(sums, list.at(rowOf(k, a)), outer, sign);
    },
    ask(j) {
      expandQuery(j);
      contractBoth(both, u, sides[1].sums, sides[2].sums);
      totals[j] = both[both.length - 1];
      if (!(totals[j] > 0 && totals[j] < Infinity)) throw noSoftmax(j, totals[j], degree);
      for (let l = 0; l < d; l++) outputs.data[j * d + l] = both[l * (d + 1) + d] / totals[j];
    },
    giveQuery(j, byOutput) {
      setResidual(j, byOutput);
      addByKey(rowOf(gradients.q, j), residual, both, scale);
    },
    note(j, byOutput) {
      expandQuery(j);
      setResidual(j, byOutput);
      outerWith(outer, residual.subarray(0, d), residual[d], rowOf(q, j));
      addProducts(sides[1].noted, u, outer, sides[2].sums);
      addProducts(sides[2].noted, u, outer, sides[1].sums);
    },
    giveRow(of, a) {
      const { k, v, noted } = sides[of];
      contractOne(both, list.at(rowOf(k, a)), noted);
      const [byKey, byValue] = of === 1 ? [gradients.k1, gradients.v1] : [gradients.k2, gradients.v2];
      addByKey(rowOf(byKey, a), [...rowOf(v, a), 1], both, scale);
      for (let l = 0; l < d; l++) byValue.data[a * d + l] += both[l * (d + 1) + d];
    },
  };
}

/** target_t += scale · Σ_l x_l·sums[l, t], with x (d + 1) and sums ((d + 1) × (d + 1)). */
function addByKey(target: Float64Array, x: ArrayLike<number>, sums: Float64Array, scale: number): void {
  const width = x.length;
  for (let l = 0; l < width; l++) {
    for (let t = 0; t < target.length; t++) target[t] += scale * x[l] * sums[l * width + t];
  }
}

function noSoftmax(j: number, total: number, degree: number): Failure {
  const what = `low-rank attention of degree ${degree}: the weights of query ${j} sum to ${total}, not to a positive number`;
  const hint =
    degree % 2 === 0
      ? 'scores are too large: use exact attention'
      : `use degree ${degree + 1}: weights of an even degree are positive`;
  return new Failure('bad-input', what, hint);
}
