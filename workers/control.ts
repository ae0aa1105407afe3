import type { SharedArena } from './arena.js';

/**
 * How threads agree on who works on a step, int32 in shared memory: `generation` counts the steps that were posted; tiles
 * may be taken while `open` is 1; `sleepers` are in Atomics.wait; `quit` ends every thread's task. From `seats` on, one word
 * per thread, in cache lines of their own.
 */
export const CONTROL = { generation: 0, open: 1, sleepers: 2, quit: 3, seats: 16 } as const;

/** From one thread's word to the next: 64 bytes. */
export const SEAT_STRIDE = 16;

/** What the word of a thread says. */
export const SEAT = { absent: 0, outside: 1, inside: 2, failed: 3 } as const;

/** Looks at a word before a thread sleeps: about 13 µs, as long as waking would take (performance.md 8). */
export const SPINS = 2000;

/** Int32 words of a control block. */
export function controlLength(seats: number): number {
  return CONTROL.seats + SEAT_STRIDE * seats;
}

/** Where the word of a thread is. */
export function seatAt(index: number): number {
  return CONTROL.seats + SEAT_STRIDE * index;
}

/** A control block in new shared memory, and its byte offset. */
export function makeControl(arena: SharedArena, seats: number): { control: Int32Array; offset: number } {
  const offset = arena.allocBytes(4 * controlLength(seats));
  const control = arena.ints(offset, controlLength(seats));
  control.fill(0);
  return { control, offset };
}
