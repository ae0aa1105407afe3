/**
 * Row of the pair (a, b), all 0-based, in shell order (math.md 1.5): the first m² rows are exactly the pairs
 * below m, so rows of a growing product are appended and never move.
 * Shell s = max(a, b) holds (s, 0) … (s, s), then (0, s) … (s-1, s): 2·s + 1 rows from row s² on.
 */
export function shellRow(a: number, b: number): number {
  const s = Math.max(a, b);
  return s * s + (a === s ? b : s + 1 + a);
}

/** The pair (a, b) of a row in shell order: the inverse of `shellRow`, for rows below 2^53. */
export function shellPair(row: number): readonly [a: number, b: number] {
  let s = Math.floor(Math.sqrt(row));
  if (s * s > row) s--; // sqrt may round up next to a square above 2^52
  const r = row - s * s;
  return r <= s ? [s, r] : [r - s - 1, s];
}
