import { multiply, zeros, type DenseMatrix } from '../matrix.js';

/** Rows x, (n × in), and what makes queries and keys of them: W = W_Q·W_Kᵀ alone (in × in), or W_Q and W_K (in × d). */
export interface AttentionProblem {
  readonly x: DenseMatrix;
  readonly weights: ProjectionPair;
  /** Factor on every score; the paper has none (1). */
  readonly scale: number;
}

/** One fused matrix, or W_Q and W_K. */
export type ProjectionPair = readonly [fused: DenseMatrix] | readonly [q: DenseMatrix, k: DenseMatrix];

/** Queries and keys, (n × d) each: x·W and x for a fused W, x·W_Q and x·W_K otherwise. */
export function queriesAndKeys(x: DenseMatrix, [first, second]: ProjectionPair): [DenseMatrix, DenseMatrix] {
  return [multiply(x, first), second === undefined ? x : multiply(x, second)];
}

/** The attention matrix of math.md 8.1: softmax over the columns up to its own of every row of scale·Q·Kᵀ, (n × n). */
export function attentionMatrix({ x, weights, scale }: AttentionProblem): DenseMatrix {
  return causalAttention(...queriesAndKeys(x, weights), scale);
}

/** Rows of queries and keys, (n × d) each, to (n × n); entries above the diagonal are 0. */
export function causalAttention(queries: DenseMatrix, keys: DenseMatrix, scale: number): DenseMatrix {
  const [n, d] = [queries.rows, queries.columns];
  const out = zeros(n, n);
  for (let i = 0; i < n; i++) {
    const row = out.data.subarray(i * n, i * n + i + 1);
    for (let j = 0; j <= i; j++) {
      let score = 0;
      for (let t = 0; t < d; t++) score += queries.data[i * d + t] * keys.data[j * d + t];
      row[j] = scale * score;
    }
    softmax(row);
  }
  return out;
}

/** Replace scores by their softmax. */
export function softmax(scores: Float64Array): void {
  let most = -Infinity;
  for (const score of scores) if (!(score <= most)) most = score; // a NaN stays, and is seen
  let sum = 0;
  for (let j = 0; j < scores.length; j++) sum += scores[j] = Math.exp(scores[j] - most);
  for (let j = 0; j < scores.length; j++) scores[j] /= sum;
}

/** |a − b|² / |a|² */
export function relativeError(a: DenseMatrix, b: DenseMatrix): number {
  let [difference, size] = [0, 0];
  for (let i = 0; i < a.data.length; i++) {
    difference += (a.data[i] - b.data[i]) ** 2;
    size += a.data[i] ** 2;
  }
  return difference / size;
}
