import type { Floats } from '../../../src/core/memory.js';

const DIGIT = 2 ** 20; // counts are stored as two digits: float32 alone would stop counting at 2^24

/** A count as the two numbers of a row, each exact in float32. */
export function digits(count: number): readonly [high: number, low: number] {
  return [Math.floor(count / DIGIT), count % DIGIT];
}

/** The count that a row of two digits holds. */
export function countOf([high, low]: Floats): number {
  return high * DIGIT + low;
}

/**
 * Index of the nearest leader at distance ≤ delta, the oldest of equals; -1 if there is none. A distance that is no
 * number counts as the nearest: such a key makes answers NaN, and must not make clusters without end as well.
 */
export function nearestWithin(delta: number, leaders: readonly Floats[], k: Floats): number {
  let [nearest, least] = [-1, delta * delta];
  for (let i = 0; i < leaders.length; i++) {
    const found = squaredDistance(k, leaders[i], least);
    if (Number.isNaN(found)) return i;
    if (found < least || (found === least && nearest === -1)) [nearest, least] = [i, found];
  }
  return nearest;
}

/** The least distance between two of the leaders; Infinity if there is one only. O(m²·d). */
export function leastDistance(leaders: readonly Floats[]): number {
  let least = Infinity;
  for (let i = 1; i < leaders.length; i++) {
    for (let j = 0; j < i; j++) least = Math.min(least, squaredDistance(leaders[i], leaders[j], least));
  }
  return Math.sqrt(least);
}

/** |x − y|², or some number above `limit` once that is sure: most leaders are far, and soon known to be. */
function squaredDistance(x: Floats, y: Floats, limit: number): number {
  let sum = 0;
  for (let start = 0; start < x.length && sum <= limit; start += 8) {
    const end = Math.min(x.length, start + 8);
    for (let t = start; t < end; t++) sum += (x[t] - y[t]) * (x[t] - y[t]);
  }
  return sum;
}
