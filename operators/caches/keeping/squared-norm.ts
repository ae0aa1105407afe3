import type { Floats } from '../../../src/core/memory.js';

/** |row|² of the row of `d` numbers that starts at `at`. */
export function squaredNorm(rows: Floats, at = 0, d: number = rows.length): number {
  let sum = 0;
  for (let t = at; t < at + d; t++) sum += rows[t] * rows[t];
  return sum;
}
