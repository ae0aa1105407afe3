import type { Floats, Rows } from '../../src/core/memory.js';

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
    for (let b = 0; b < n2; b++) scores[a * n2 + b] = dot(y, columns, b * d);
  }
  return scores;
}

/** All rows one after another in float64, (count × d). */
function copyOf(rows: Pick<Rows, 'count' | 'read'>, d: number): Float64Array {
  const copy = new Float64Array(rows.count * d);
  for (let b = 0; b < rows.count; b++) copy.set(rows.read(b), b * d);
  return copy;
}

/** <y, columns[at, at + d)>, four sums at a time so that they do not wait for one another. */
function dot(y: Float64Array, columns: Float64Array, at: number): number {
  const d = y.length;
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  let t = 0;
  for (; t + 4 <= d; t += 4) {
    s0 += y[t] * columns[at + t];
    s1 += y[t + 1] * columns[at + t + 1];
    s2 += y[t + 2] * columns[at + t + 2];
    s3 += y[t + 3] * columns[at + t + 3];
  }
  for (; t < d; t++) s0 += y[t] * columns[at + t];
  return s0 + s1 + (s2 + s3);
}
