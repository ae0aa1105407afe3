/** Buckets of relative errors, sixteen per decade; the first holds everything below 1e-9, 0 among it, the last all above 1e3. */
const PER_DECADE = 16;
const LOWEST = -9; // exponent of ten
const DECADES = 12;

/** How many buckets a histogram of errors has. */
export const ERROR_BUCKETS = PER_DECADE * DECADES + 2;

/** The bucket of an error that is 0 or more. */
export function errorBucket(error: number): number {
  if (!(error > 10 ** LOWEST)) return 0;
  return Math.min(ERROR_BUCKETS - 1, 1 + Math.floor((Math.log10(error) - LOWEST) * PER_DECADE));
}

/**
 * Quantile of the errors counted in `counts`, as the middle of its bucket (off by at most 8 %: half a sixteenth
 * of a decade); null when nothing was counted. What is below 1e-9 is 0.
 */
export function errorQuantile(counts: ArrayLike<number>, quantile: number): number | null {
  let total = 0;
  for (let i = 0; i < ERROR_BUCKETS; i++) total += counts[i];
  if (total === 0) return null;
  let left = quantile * total;
  for (let i = 0; i < ERROR_BUCKETS; i++) {
    left -= counts[i];
    if (left <= 0 && counts[i] > 0) return middle(i);
  }
  return middle(ERROR_BUCKETS - 1);
}

function middle(bucket: number): number {
  return bucket === 0 ? 0 : 10 ** (LOWEST + (bucket - 0.5) / PER_DECADE);
}
