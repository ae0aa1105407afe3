import type { Floats, Rows } from '../../../src/core/memory.js';

/**
 * The scores of all pairs, s_ab = scale·<q, k1_a * k2_b> at index a·n2 + b, (n1·n2) in float64; with `keys2` null
 * (matrix order) s_a = scale·<q, k1_a>, (n1). Takes 2·n1·n2·d operations and 8·n1·n2 bytes in the calling thread: for
 * what must see every pair (an oracle, a measurement), never for what has to be fast.
 */
export function scorePairs(
  q: Floats,
  scale: number,
  keys1: Pick<Rows, 'count' | 'read'>,
  keys2: Pick<Rows, 'count' | 'read'> | null,
): Float64Array {
  const d = q.length;
  const n2 = keys2?.count ?? 1;
  const columns = keys2 === null ? new Float64Array(d).fill(1) : copyOf(keys2, d);
  const scores = new Float64Array(keys1.count * n2);
  const y = new Float64Array(d); // scale·q * k1_a
  for (let a = 0; a < keys1.count; a++) {
    const k1 = keys1.read(a);
    for (let t = 0; t < d; t++) y[t] = scale * q[t] * k1[t];
    scoreRow(y, columns, scores, a * n2, n2);
  }
  return scores;
}

/** All rows one after another in float64, (count × d). */
function copyOf(rows: Pick<Rows, 'count' | 'read'>, d: number): Float64Array {
  const copy = new Float64Array(rows.count * d);
  for (let b = 0; b < rows.count; b++) copy.set(rows.read(b), b * d);
  return copy;
}

/** scores[at + b] = <y, column b>, four columns at a time so that each coordinate of y is read once for them. */
function scoreRow(
  y: Float64Array,
  columns: Float64Array,
  scores: Float64Array,
  at: number,
  count: number,
): void {
  const d = y.length;
  let b = 0;
  for (; b + 4 <= count; b += 4) {
    const c0 = b * d;
    const [c1, c2, c3] = [c0 + d, c0 + 2 * d, c0 + 3 * d];
    let [s0, s1, s2, s3] = [0, 0, 0, 0];
    for (let t = 0; t < d; t++) {
      const x = y[t];
      s0 += x * columns[c0 + t];
      s1 += x * columns[c1 + t];
      s2 += x * columns[c2 + t];
      s3 += x * columns[c3 + t];
    }
    scores[at + b] = s0;
    scores[at + b + 1] = s1;
    scores[at + b + 2] = s2;
    scores[at + b + 3] = s3;
  }
  for (; b < count; b++) {
    let sum = 0;
    for (let t = 0; t < d; t++) sum += y[t] * columns[b * d + t];
    scores[at + b] = sum;
  }
}
