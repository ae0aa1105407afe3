/**
 * What one tile leaves: (m, l, acc) of math.md 1.3 and what was measured on the way. Layout of a partial in
 * float64 numbers; `acc`, (d), follows the header.
 *   m: largest weighted score; l = Σ e^(s-m); acc = Σ e^(s-m) v, not normalised
 *   max, sum, squares: of the plain scores (no weights); pairs and flops: counted; start, ns: of the clock
 */
export const PARTIAL = {
  m: 0,
  l: 1,
  max: 2,
  sum: 3,
  squares: 4,
  pairs: 5,
  flops: 6,
  start: 7,
  ns: 8,
} as const;

/** Numbers before `acc`. */
export const PARTIAL_HEADER = 9;

/** Numbers that a partial takes. */
export function partialLength(d: number): number {
  return PARTIAL_HEADER + d;
}

/** Start a partial: the identity of the merge. */
export function clearPartial(out: Float64Array): void {
  out.fill(0);
  out[PARTIAL.m] = -Infinity;
  out[PARTIAL.max] = -Infinity;
}

/**
 * Raise the running maximum of a partial to at least `score`: rescales l and acc, and returns the factor so
 * that a kernel can rescale what it has not added yet.
 */
export function raiseMax(out: Float64Array, score: number): number {
  if (!(score > out[PARTIAL.m])) return 1;
  const factor = Math.exp(out[PARTIAL.m] - score); // exp(-inf) = 0 for the first one
  out[PARTIAL.m] = score;
  out[PARTIAL.l] *= factor;
  for (let j = PARTIAL_HEADER; j < out.length; j++) out[j] *= factor;
  return factor;
}
