import type { Floats } from '../../src/core/memory.js';
import type { AttendJob, ProductJob } from '../../src/core/plan.js';
import { gridTile } from './grid.js';
import { clearPartial } from './partial.js';
import { productTile, rowsTile } from './rows.js';

/** What a tile needs to know of its job and of the query. */
export interface TileJob {
  readonly job: AttendJob | ProductJob;
  /** First number of q in `memory`. */
  readonly q: number;
  readonly d: number;
  readonly scale: number;
}

/** Name of this rung of the kernel ladder, as in run.json. */
export const REFERENCE_KERNEL = 'reference';

/**
 * Do rows [from, to) of a job and leave a partial in `out`, (PARTIAL_HEADER + d). The reference kernel:
 * plain TypeScript, float64 sums; faster ones have this signature and are tested against it.
 */
export function runTile(memory: Floats, tile: TileJob, from: number, to: number, out: Float64Array): void {
  const { job, d, scale } = tile;
  const q = Float64Array.from(memory.subarray(tile.q, tile.q + d));
  clearPartial(out);
  switch (job.kind) {
    case 'grid':
      return gridTile(memory, job, q, scale, from, to, out);
    case 'rows':
      return rowsTile(memory, job, q, scale, from, to, out);
    case 'product':
      return productTile(memory, job, from, to, out);
  }
}
