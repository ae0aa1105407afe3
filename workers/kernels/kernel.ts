import type { BoardJob } from '../board.js';
import { PANEL } from './grid.js';

/** Runs tiles in one thread. */
export interface Kernel {
  /**
   * Do rows [from, to) of a job and leave a partial in `out`, (PARTIAL_HEADER + d), which lies in the memory that
   * the job's offsets refer to. All kernels leave what the
   * reference leaves, up to rounding; only the reference measures sum and squares of the scores (else NaN).
   */
  run(job: BoardJob, from: number, to: number, out: Float64Array): void;
}

/** The rungs of the ladder, fastest first. */
export const KERNELS = ['native', 'reference'] as const;

/** A rung of the ladder. */
export type KernelName = (typeof KERNELS)[number];

/** How a kernel wants its jobs cut: by size, never by the number of threads. */
export interface Tiling {
  /** Rows of side 1 that are worked on together; a tile is a multiple of it. */
  readonly panel: number;
  /** Multiply-adds worth a tile of its own: about 0.1 ms, well above what handing out a tile costs. */
  readonly work: number;
}

/** The tiling of each rung. */
export const TILINGS: Readonly<Record<KernelName, Tiling>> = {
  native: { panel: 64, work: 2 ** 22 },
  reference: { panel: PANEL, work: 2 ** 18 },
};
