import type { Entry } from '../../../src/core/cache.js';
import type { Floats } from '../../../src/core/memory.js';
import type { Order } from '../../../src/core/shape.js';

/** One token's key and value on one side, (d) each. Valid only during the call, as the entry is. */
export interface SideEntry {
  readonly k: Floats;
  readonly v: Floats;
}

/** How many sides a cache keeps: two in tensor order, one in matrix order (k2 = v2 = 1 is not stored). */
export function sideCount(order: Order): 1 | 2 {
  return order === 'tensor' ? 2 : 1;
}

/** An entry, side by side: as many items as `sideCount`. */
export function sidesOf({ k1, k2, v1, v2 }: Entry, order: Order): readonly SideEntry[] {
  if (order === 'matrix') return [{ k: k1, v: v1 }];
  if (k2 === null || v2 === null) throw new RangeError('an entry without k2 and v2 in tensor order');
  return [
    { k: k1, v: v1 },
    { k: k2, v: v2 },
  ];
}
