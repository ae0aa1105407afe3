import type { BoardJob, Kernel } from './kernels/kernel.js';
import { PARTIAL } from './kernels/partial.js';

/** Run one tile and note in its partial when it started and how long it took. */
export function timedTile(
  kernel: Kernel,
  job: BoardJob,
  tile: number,
  out: Float64Array,
  clock: () => number,
): void {
  const start = clock();
  const from = (tile - job.firstTile) * job.tileRows;
  kernel.run(job, from, Math.min(job.rows, from + job.tileRows), out);
  out[PARTIAL.start] = start;
  out[PARTIAL.ns] = clock() - start;
}
