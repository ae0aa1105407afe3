/**
 * What one tile leaves: (m, l, acc) of math.md 1.3 and what was measured on the way. Layout of a partial in
 * float64 numbers; `acc`, (d), follows the header.
 *   m: largest weighted score; l = Σ e^(s-m); acc = Σ e^(s-m) v, not normalised
 *   max, mean, m2: of the plain scores (no weights), m2 = Σ (s − mean)²; pairs and flops: counted;
 *   start, ns: of the clock; squares = Σ e^(2(s-m)), which gives the 2-norm of the softmax;
 *   rest: ln of a bound on Σ e^s over pairs that were skipped, -∞ where none was
 * A score that is no number makes m or l one too: it must never look like an atom that is not there.
 */
export const PARTIAL = {
  m: 0,
  l: 1,
  max: 2,
  mean: 3,
  m2: 4,
  pairs: 5,
  flops: 6,
  start: 7,
  ns: 8,
  squares: 9,
  rest: 10,
} as const;

/** Numbers before `acc`. */
export const PARTIAL_HEADER = 11;

/** Numbers that a partial takes. */
export function partialLength(d: number): number {
  return PARTIAL_HEADER + d;
}

/** Start a partial: the identity of the merge. */
export function clearPartial(out: Float64Array): void {
  out.fill(0);
  out[PARTIAL.m] = -Infinity;
  out[PARTIAL.max] = -Infinity;
  out[PARTIAL.rest] = -Infinity;
}

/** Add another partial of a fast kernel, whose mean, deviation and squares are not measured. */
export function addPartial(out: Float64Array, other: Float64Array): void {
  raiseMax(out, other[PARTIAL.m]);
  const weight = other[PARTIAL.m] === -Infinity ? 0 : Math.exp(other[PARTIAL.m] - out[PARTIAL.m]);
  out[PARTIAL.l] += weight * other[PARTIAL.l];
  for (let j = PARTIAL_HEADER; j < out.length; j++) out[j] += weight * other[j];
  out[PARTIAL.max] = Math.max(out[PARTIAL.max], other[PARTIAL.max]);
  out[PARTIAL.pairs] += other[PARTIAL.pairs];
  out[PARTIAL.flops] += other[PARTIAL.flops];
}

/** Note that `pairs` pairs with scores of at most `bound` were skipped. */
export function addRest(out: Float64Array, pairs: number, bound: number): void {
  if (pairs > 0) out[PARTIAL.rest] = lnSum(out[PARTIAL.rest], Math.log(pairs) + bound);
}

/** ln(e^a + e^b) */
export function lnSum(a: number, b: number): number {
  const max = Math.max(a, b);
  return max === -Infinity ? max : max + Math.log(Math.exp(a - max) + Math.exp(b - max));
}

/**
 * Raise the running maximum of a partial to at least `score`: rescales l, squares and acc, and returns the factor so
 * that a kernel can rescale what it has not added yet. NaN makes everything NaN, for good.
 */
export function raiseMax(out: Float64Array, score: number): number {
  if (score <= out[PARTIAL.m]) return 1;
  const factor = Math.exp(out[PARTIAL.m] - score); // exp(-inf) = 0 for the first one
  out[PARTIAL.m] = score;
  out[PARTIAL.l] *= factor;
  out[PARTIAL.squares] *= factor * factor;
  for (let j = PARTIAL_HEADER; j < out.length; j++) out[j] *= factor;
  return factor;
}

/**
 * Add `pairs` scores with this mean and this sum of squared deviations to those of a partial (Chan, Golub, LeVeque):
 * the squares are never larger than the deviations, so nothing cancels where |mean| is large against them.
 */
export function addScores(out: Float64Array, pairs: number, mean: number, m2: number): void {
  if (pairs === 0) return;
  const total = out[PARTIAL.pairs] + pairs;
  const difference = mean - out[PARTIAL.mean];
  out[PARTIAL.m2] += m2 + difference * difference * ((out[PARTIAL.pairs] * pairs) / total);
  out[PARTIAL.mean] += difference * (pairs / total);
  out[PARTIAL.pairs] = total;
}
