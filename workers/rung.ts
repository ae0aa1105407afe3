import type { KernelChoice } from './kernels/ladder.js';

/** A rung of the ladder on this machine. */
export interface Rung extends KernelChoice {
  /** As in run.json: the name, and the instruction set or build where there is one. */
  readonly label: string;
  /** Why not a faster build of it. */
  readonly note?: string;
  /** Why it cannot be used; null when it can. */
  readonly refused: string | null;
}
