import { hadamard, transposeMultiply, zeros, type DenseMatrix } from '../matrix.js';
import {
  attentionMatrix,
  causalAttention,
  queriesAndKeys,
  type AttentionProblem,
  type ProjectionPair,
} from './attention.js';

/** A smooth function of many numbers. */
export interface Smooth {
  /** How many numbers. */
  readonly size: number;
  at(point: Float64Array): SmoothPoint;
}

/** Its value at a point, and its gradient if asked for. */
export interface SmoothPoint {
  readonly value: number;
  gradient(): Float64Array;
}

/**
 * The loss of real masks (Definition 1.1): L(M) = ½·|f(M) − A|² + λ/2·|M|², where f(M) is the attention matrix of M ∘ W and
 * A that of W. Masks of W_Q and W_K, where those are given, follow each other in one array. The gradient is that of
 * Theorem 5.3, in O(n²·d + n·in·d).
 */
export function maskLoss(problem: AttentionProblem, lambda: number): Smooth {
  const exact = attentionMatrix(problem);
  const size = problem.weights.reduce((sum, { data }) => sum + data.length, 0);
  return {
    size,
    at(masks) {
      const pruned = masked(problem.weights, masks);
      const [queries, keys] = queriesAndKeys(problem.x, pruned);
      const found = causalAttention(queries, keys, problem.scale);
      return {
        value: 0.5 * squares(found.data, exact.data) + 0.5 * lambda * squares(masks),
        gradient() {
          const scores = scoreGradient(found, exact, problem.scale);
          const ofWeights = [
            transposeMultiply(problem.x, causalTimes(scores, keys)),
            ...(pruned.length === 2
              ? [transposeMultiply(problem.x, causalTransposeTimes(scores, queries))]
              : []),
          ];
          return gradientOf(problem.weights, ofWeights, masks, lambda);
        },
      };
    },
  };
}

/** The weights times their masks, entry by entry. */
export function masked(weights: ProjectionPair, masks: Float64Array): ProjectionPair {
  let at = 0;
  const one = (w: DenseMatrix) => hadamard(w, { ...w, data: masks.subarray(at, (at += w.data.length)) });
  return weights.map(one) as unknown as ProjectionPair;
}

/** p of math.md 8.2, times scale: the gradient of ½·|f − A|² in the scores. Row i: f ∘ (c − ⟨c, f⟩) with c = f − A. */
function scoreGradient(found: DenseMatrix, exact: DenseMatrix, scale: number): DenseMatrix {
  const n = found.rows;
  const out = zeros(n, n);
  for (let i = 0; i < n; i++) {
    let mean = 0;
    for (let at = i * n; at <= i * n + i; at++) mean += found.data[at] * (found.data[at] - exact.data[at]);
    for (let at = i * n; at <= i * n + i; at++)
      out.data[at] = scale * found.data[at] * (found.data[at] - exact.data[at] - mean);
  }
  return out;
}

/** p · y for p (n × n) with nothing above the diagonal and y (n × d). */
function causalTimes(p: DenseMatrix, y: DenseMatrix): DenseMatrix {
  const [n, d] = [y.rows, y.columns];
  const out = zeros(n, d);
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      const factor = p.data[i * n + j];
      for (let t = 0; t < d; t++) out.data[i * d + t] += factor * y.data[j * d + t];
    }
  return out;
}

/** pᵀ · y for the same p. */
function causalTransposeTimes(p: DenseMatrix, y: DenseMatrix): DenseMatrix {
  const [n, d] = [y.rows, y.columns];
  const out = zeros(n, d);
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      const factor = p.data[i * n + j];
      for (let t = 0; t < d; t++) out.data[j * d + t] += factor * y.data[i * d + t];
    }
  return out;
}

function gradientOf(
  weights: ProjectionPair,
  ofWeights: readonly DenseMatrix[],
  masks: Float64Array,
  lambda: number,
): Float64Array {
  const out = masks.map((m) => lambda * m);
  let at = 0;
  weights.forEach(({ data }, w) => {
    for (let i = 0; i < data.length; i++, at++) out[at] += data[i] * ofWeights[w].data[i];
  });
  return out;
}

function squares(x: Float64Array, y?: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += (x[i] - (y === undefined ? 0 : y[i])) ** 2;
  return sum;
}
