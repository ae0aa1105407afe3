import type { Floats } from '../../src/core/memory.js';
import type { Matrix } from '../../src/core/plan.js';

/** Call `visit` for each run of consecutive rows that [from, to) covers, with its index in `memory`. */
export function eachRun(
  { width, spans }: Matrix,
  bytesPerNumber: number,
  from: number,
  to: number,
  visit: (start: number, rows: number, row: number) => void,
): void {
  let first = 0;
  for (const { offset, rows } of spans) {
    const [lo, hi] = [Math.max(from, first), Math.min(to, first + rows)];
    if (lo < hi) visit((offset / bytesPerNumber + (lo - first) * width) | 0, hi - lo, lo); // below 2^31
    first += rows;
  }
}

/** Copy rows [from, to) of `source` to float64 `target`, (to-from × width). */
export function gather(memory: Floats, source: Matrix, from: number, to: number, target: Float64Array): void {
  const { width } = source;
  eachRun(source, memory.BYTES_PER_ELEMENT, from, to, (start, rows, row) => {
    const [at, length] = [(row - from) * width, rows * width];
    for (let i = 0; i < length; i++) target[at + i] = memory[start + i];
  });
}

/** Copy rows [from, to) transposed: `target`, (width × stride), holds one row a column. */
export function gatherTransposed(
  memory: Floats,
  source: Matrix,
  from: number,
  to: number,
  target: Float64Array,
  stride: number,
): void {
  const { width } = source;
  eachRun(source, memory.BYTES_PER_ELEMENT, from, to, (start, rows, row) => {
    for (let r = 0; r < rows; r++) {
      const [column, at] = [row - from + r, start + r * width];
      for (let t = 0; t < width; t++) target[t * stride + column] = memory[at + t];
    }
  });
}
