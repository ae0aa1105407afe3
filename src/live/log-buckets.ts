const PER_DECADE = 16;

/**
 * Buckets of positive numbers, sixteen per decade: quantiles of any number of them in constant memory. A value comes back
 * as the middle of its bucket, off by at most 8 % (half a sixteenth of a decade).
 */
export interface LogBuckets {
  readonly count: number;
  /** The first bucket holds everything at or below the lowest value, 0 among it, the last everything above the highest. */
  of(value: number): number;
  /** Quantile of what `counts` (one number a bucket) holds: the smallest that at least this share does not exceed; null of nothing. */
  quantile(counts: ArrayLike<number>, share: number): number | null;
}

/** Relative errors from 1e-9 to 1e3; what is below is 0. */
export const errorBuckets = logBuckets(-9, 12);
/** Milliseconds of a token from a nanosecond to three hours. */
export const timeBuckets = logBuckets(-6, 13);

/** Buckets for `decades` from 10^`lowest` on. */
export function logBuckets(lowest: number, decades: number): LogBuckets {
  const count = PER_DECADE * decades + 2;
  const least = 10 ** lowest;
  const middle = (bucket: number) => (bucket === 0 ? 0 : 10 ** (lowest + (bucket - 0.5) / PER_DECADE));
  return {
    count,
    of(value) {
      if (!(value > least)) return 0;
      return Math.min(count - 1, 1 + Math.floor((Math.log10(value) - lowest) * PER_DECADE));
    },
    quantile(counts, share) {
      let total = 0;
      for (let i = 0; i < count; i++) total += counts[i];
      let left = Math.max(1, Math.ceil(share * total));
      for (let i = 0; i < count; i++) if ((left -= counts[i]) <= 0 && counts[i] > 0) return middle(i);
      return null;
    },
  };
}
