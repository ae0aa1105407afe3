import { firstRows, multiplyTranspose, rowOf, type DenseMatrix } from '../matrix.js';
import { softmax } from './attention.js';

/** Rows that score pairs, (n × d) each: s_ab = scale·⟨q, k1_a ∗ k2_b⟩. */
export interface PairRows {
  readonly q: DenseMatrix;
  readonly k1: DenseMatrix;
  readonly k2: DenseMatrix;
}

/**
 * |A − f|²/|A|² of two attention tensors, where row i is the softmax over all pairs of tokens up to i. Row after row:
 * O(n²) memory, O(n³·d) time.
 */
export function relativePairError(exact: PairRows, other: PairRows, scale: number): number {
  let [difference, size] = [0, 0];
  for (let i = 0; i < exact.q.rows; i++) {
    const [a, f] = [pairRow(exact, i, scale), pairRow(other, i, scale)];
    for (let at = 0; at < a.length; at++) {
      difference += (a[at] - f[at]) ** 2;
      size += a[at] ** 2;
    }
  }
  return difference / size;
}

function pairRow({ q, k1, k2 }: PairRows, i: number, scale: number): Float64Array {
  const query = rowOf(q, i);
  const first = firstRows(k1, i + 1);
  const asked = { ...first, data: first.data.map((x, at) => scale * x * query[at % query.length]) };
  const { data } = multiplyTranspose(asked, firstRows(k2, i + 1));
  softmax(data);
  return data;
}
