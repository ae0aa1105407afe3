import type { Entry } from '../src/core/cache.js';
import type { Qkv } from '../src/core/event.js';
import type { Arena, Slot } from '../src/core/memory.js';

/** The slot of one head, (d), within rows of all heads, (heads × d). */
export function headSlot(arena: Arena, rows: Slot, head: number, d: number): Slot {
  return { offset: rows.offset + head * d * arena.bytesPerNumber, length: d };
}

/** Views on one head's keys and values, (d) each: an entry that is valid while the step is. */
export function headEntry(arena: Arena, { k1, k2, v1, v2 }: Qkv, head: number, d: number): Entry {
  const view = (rows: Slot) => arena.view(headSlot(arena, rows, head, d));
  return { k1: view(k1), k2: k2 && view(k2), v1: view(v1), v2: v2 && view(v2) };
}
