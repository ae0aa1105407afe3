import type { CacheParts } from '../../../src/core/cache.js';
import type { Floats, Rows } from '../../../src/core/memory.js';
import { matrix, SKIP_BLOCK, type Blocks } from '../../../src/core/plan.js';
import { squaredNorm } from '../keeping/squared-norm.js';

/** What bounds the keys and values of one side. Follows from the rows: it is not saved, but made again. */
export interface SideBounds {
  /** Take one token; O(d). */
  push(k: Floats, v: Floats): void;
  /** Start again from all rows; O(n·d). */
  rebuild(keys: Rows, values: Rows): void;
  blocks(): Blocks;
  /** Blocks of SKIP_BLOCK tokens. */
  count(): number;
  /** max ‖v‖₂ and max |v_j| over all tokens. */
  values(): { readonly norm: number; readonly largest: number };
}

/** Keep the smallest and largest coordinates of the keys of each block of consecutive tokens, (blocks × d) each. */
export function sideBounds({ d, rows }: Pick<CacheParts, 'd' | 'rows'>): SideBounds {
  const [lo, hi] = [rows(d, 'metadata'), rows(d, 'metadata')];
  let [seen, norm, largest] = [0, 0, 0];

  function push(k: Floats, v: Floats): void {
    if (seen++ % SKIP_BLOCK === 0) {
      lo.append(new Float64Array(d).fill(Infinity));
      hi.append(new Float64Array(d).fill(-Infinity));
    }
    const [low, high] = [lo.read(lo.count - 1), hi.read(hi.count - 1)];
    for (let t = 0; t < d; t++) {
      const x = k[t] + (k[t] - k[t]); // an infinite coordinate becomes NaN, which no box hides
      low[t] = Math.min(low[t], x);
      high[t] = Math.max(high[t], x);
    }
    norm = Math.max(norm, Math.sqrt(squaredNorm(v)));
    for (let j = 0; j < d; j++) largest = Math.max(largest, Math.abs(v[j]));
  }

  return {
    push,
    rebuild(keys, values) {
      [seen, norm, largest] = [0, 0, 0];
      for (const boxes of [lo, hi]) boxes.resize(0);
      for (let i = 0; i < keys.count; i++) push(keys.read(i), values.read(i));
    },
    blocks: () => ({ lo: matrix(lo), hi: matrix(hi) }),
    count: () => lo.count,
    values: () => ({ norm, largest }),
  };
}
