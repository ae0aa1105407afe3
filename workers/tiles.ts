import { pairsOf, SKIP_BLOCK, type Job } from '../src/core/plan.js';
import type { AttendRequest } from '../src/core/pool.js';
import { TILINGS, type KernelName } from './kernels/kernel.js';

/** One job of a step with where its tiles stand among all tiles of the step. */
export interface Work {
  readonly request: AttendRequest;
  readonly job: Job;
  /** Rows of side 1 (grid, mass), materialised rows or blocks (bounds) that one tile takes. */
  readonly tileRows: number;
  /** Rows to cut. */
  readonly rows: number;
  readonly firstTile: number;
  readonly tiles: number;
  /** Multiply-adds of the scores: pairs × d, without those that are expected to be skipped. */
  readonly size: number;
}

const LEAST_LEFT = 1 / 16; // what is left is not spread evenly over the rows, so tiles must not grow without bound

/**
 * Cut jobs into tiles by their size alone, never by the number of threads: the partials, and so every bit of
 * the result, are the same for any pool (law L6). `left` is the share of a job that skipping leaves, as its bounds say.
 */
export function cutTiles(
  jobs: readonly { readonly request: AttendRequest; readonly job: Job; readonly left?: number }[],
  kernel: KernelName,
): readonly Work[] {
  let firstTile = 0;
  return jobs.map(({ request, job, left = 1 }) => {
    const rows = rowsOf(job);
    const whole = rows === 0 ? 1 : (pairs(job) / rows) * request.d;
    const perRow = Math.max(1, whole * Math.max(left, LEAST_LEFT)); // without pairs a row is still a row
    const { work: most, ...tiling } = TILINGS[request.precise || job.kind === 'task' ? 'reference' : kernel];
    const panel = panelOf(job) ?? tiling.panel;
    const tileRows = panel * Math.max(1, Math.floor(most / (panel * perRow)));
    const tiles = Math.ceil(rows / tileRows);
    const work = { request, job, tileRows, rows, firstTile, tiles, size: rows * whole * left };
    firstTile += tiles;
    return work;
  });
}

/** Where jobs that skip must be cut: between blocks. Null: where the kernel wants it. */
function panelOf(job: Job): number | null {
  if (job.kind === 'bounds' || job.kind === 'task') return 1;
  return (job.kind === 'grid' || job.kind === 'rows') && job.skip ? SKIP_BLOCK : null;
}

/** Number of tiles of all jobs. */
export function tileCount(works: readonly Work[]): number {
  const last = works.at(-1);
  return last === undefined ? 0 : last.firstTile + last.tiles;
}

/** A feature's two rows of float64 are read for 3 operations a number: memory makes it worth so many pairs. */
const FEATURE = 32;

function pairs(job: Job): number {
  switch (job.kind) {
    case 'features':
      return FEATURE * job.weights.count;
    case 'product':
      return job.into.count;
    case 'mass':
      return job.side1.keys.count * (job.side2?.keys.count ?? 1);
    case 'bounds':
      return 4 * job.skip.bounds.count; // corners of a pair of boxes
    case 'grid':
    case 'rows':
    case 'task':
      return pairsOf(job);
  }
}

function rowsOf(job: Job): number {
  switch (job.kind) {
    case 'features':
      return job.weights.count;
    case 'grid':
      return job.side2.keys.count === 0 ? 0 : job.side1.keys.count;
    case 'rows':
      return job.atoms.keys.count;
    case 'product':
    case 'mass':
      return job.into.count;
    case 'bounds':
      return job.skip.found.count;
    case 'task':
      return job.rows;
  }
}
