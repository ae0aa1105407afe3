import type { CacheParts } from '../../../src/core/cache.js';
import type { Floats, Rows } from '../../../src/core/memory.js';

/** The least and the largest coordinate of the keys of each page: `page` consecutive tokens, the last one may have fewer. */
export interface PageBoxes {
  pages(): number;
  low(page: number): Floats;
  high(page: number): Floats;
  /** Take the newest key into its page. O(d) */
  grow(): void;
  /** Make all boxes again from the keys, after they were restored. */
  rebuild(): void;
}

/** Boxes around the pages of `keys`, charged as metadata: 2·d numbers a page. They follow from the keys, so nothing is saved. */
export function pageBoxes(keys: Rows, page: number, { d, rows }: Pick<CacheParts, 'd' | 'rows'>): PageBoxes {
  const [lows, highs] = [rows(d, 'metadata'), rows(d, 'metadata')];
  function take(token: number): void {
    const k = keys.read(token);
    if (token % page === 0) {
      lows.append(k);
      highs.append(k);
      return;
    }
    const [low, high] = [lows, highs].map((box) => box.read(Math.floor(token / page)));
    for (let t = 0; t < d; t++) {
      low[t] = Math.min(low[t], k[t]);
      high[t] = Math.max(high[t], k[t]);
    }
  }
  return {
    pages: () => lows.count,
    low: (index) => lows.read(index),
    high: (index) => highs.read(index),
    grow: () => take(keys.count - 1),
    rebuild() {
      lows.resize(0);
      highs.resize(0);
      for (let token = 0; token < keys.count; token++) take(token);
    },
  };
}

/**
 * For all pairs of pages, row page1·pages2 + page2: no score of their tokens is larger than Σ_t max of q_t·x·y over the
 * four corners (x, y) of the boxes' sides in coordinate t, because a product is largest in a corner. With `two` null
 * (matrix order) y is 1. `q` is scaled. Takes `pairs·5·d + pages1·2·d` operations.
 */
export function boxBounds(q: Float64Array, one: PageBoxes, two: PageBoxes | null): Float64Array {
  const d = q.length;
  const columns = two?.pages() ?? 1;
  const bounds = new Float64Array(one.pages() * columns);
  const [x0, x1] = [new Float64Array(d), new Float64Array(d)]; // q * the corners of a page of side 1
  const sides2 = Array.from({ length: two?.pages() ?? 0 }, (_, b) => [two!.low(b), two!.high(b)] as const);
  for (let a = 0; a < one.pages(); a++) {
    const [low, high] = [one.low(a), one.high(a)];
    for (let t = 0; t < d; t++) {
      x0[t] = q[t] * low[t];
      x1[t] = q[t] * high[t];
    }
    if (two === null) bounds[a] = largestSum(x0, x1);
    else sides2.forEach(([y0, y1], b) => (bounds[a * columns + b] = largestProduct(x0, x1, y0, y1)));
  }
  return bounds;
}

/** Operations of `boxBounds`, comparisons not counted. */
export function boundFlops(pages1: number, pages2: number | null, d: number): number {
  return (2 * pages1 + (pages2 === null ? pages1 : 5 * pages1 * pages2)) * d;
}

function largestSum(x0: Float64Array, x1: Float64Array): number {
  let sum = 0;
  for (let t = 0; t < x0.length; t++) sum += Math.max(x0[t], x1[t]);
  return sum;
}

function largestProduct(x0: Float64Array, x1: Float64Array, y0: Floats, y1: Floats): number {
  let sum = 0;
  for (let t = 0; t < x0.length; t++) {
    const a = x0[t] * y0[t];
    const b = x0[t] * y1[t];
    const c = x1[t] * y0[t];
    const e = x1[t] * y1[t];
    const low = a > b ? a : b;
    const high = c > e ? c : e;
    sum += low > high ? low : high;
  }
  return sum;
}
