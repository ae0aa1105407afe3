import type { Job } from '../../src/core/plan.js';
import { PANEL } from './grid.js';

/** What a tile needs to know of its job and of the query. */
export interface TileJob {
  readonly job: Job;
  /** First number of q in `memory`. */
  readonly q: number;
  readonly d: number;
  readonly scale: number;
}

/** A job as a thread reads it back. */
export interface BoardJob extends TileJob {
  /** Byte offset of its words, for kernels that read them themselves. */
  readonly words: number;
  /** Byte offset of `Tiling.scratch` bytes that no other thread uses while this one does the job. */
  readonly scratch: number;
  /** Whether it is to be answered in float64 with its scores measured. */
  readonly precise: boolean;
  /** Whether the fast kernel does it, or the reference. */
  readonly fast: boolean;
  readonly tileRows: number;
  readonly rows: number;
  readonly firstTile: number;
  readonly tiles: number;
}

/** Runs tiles in one thread. */
export interface Kernel {
  /** Whether this kernel does jobs like this one; the reference does all, and stands in for what others lack. */
  does(job: Job, precise: boolean): boolean;
  /**
   * Do rows [from, to) of a job and leave a partial in `out`, (PARTIAL_HEADER + d), which lies in the memory that
   * the job's offsets refer to. All kernels leave what the reference leaves, up to rounding; mean and deviation of
   * the scores are measured for precise jobs and by the reference, else NaN.
   */
  run(job: BoardJob, from: number, to: number, out: Float64Array): void;
}

/** The rungs of the ladder, fastest first. */
export const KERNELS = ['native', 'wasm', 'reference'] as const;

/** A rung of the ladder. */
export type KernelName = (typeof KERNELS)[number];

/** How a kernel wants its jobs cut: by size, never by the number of threads. */
export interface Tiling {
  /** Rows of side 1 that are worked on together; a tile is a multiple of it. */
  readonly panel: number;
  /** Multiply-adds worth a tile of its own: 10 µs or more, well above the microsecond that handing out a tile costs. */
  readonly work: number;
  /** Bytes of the shared memory that each thread needs to work in; 0 for kernels that have memory of their own. */
  readonly scratch: number;
  /** Whether it leaves out what a job allows it to skip, or scores everything. */
  readonly skips: boolean;
}

/** The tiling of each rung. */
export const TILINGS: Readonly<Record<KernelName, Tiling>> = {
  native: { panel: 64, work: 2 ** 19, scratch: 0, skips: true },
  wasm: { panel: 48, work: 2 ** 19, scratch: 2 ** 19, skips: true },
  reference: { panel: PANEL, work: 2 ** 18, scratch: 0, skips: true },
};
