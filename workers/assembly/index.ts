// The wasm kernel: the same jobs and sums as workers/native, on the shared memory that it imports.
import { readJob, workIn } from './job';
import { gridTile } from './grid';
import { rowsTile } from './rows';
import { l, m, max, start } from './sums';
import { GRID } from './words';

export { l, m, max };

/** Bytes of shared memory that a thread must have to itself during `tile`. */
export function scratchBytes(): i32 {
  return <i32>workIn(0);
}

/**
 * Do rows [from, to) of the grid or rows job whose words lie at `words`; `scratch` is this thread's own. Leaves
 * Σ 2^(s - m)·v at `acc`, (d) float64, and l, m and max (base 2) in the globals.
 */
export function tile(words: usize, from: i32, to: i32, scratch: usize, acc: usize): void {
  workIn(scratch);
  const kind = readJob(words);
  start(acc);
  if (kind == GRID) gridTile(from, to);
  else rowsTile(from, to);
}
