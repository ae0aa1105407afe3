import type { LogLevel } from '../data/log.js';
import type { AttentionPool } from '../src/core/pool.js';
import type { TraceBatch } from '../src/core/trace.js';
import type { KernelName } from '../workers/kernels/kernel.js';
import type { PoolOptions } from '../workers/pool.js';
import type { Speed } from './paced.js';
import type { SnapshotEvery } from './snapshot-pace.js';

/** Told after each step. */
export interface Progress {
  readonly done: number;
  /** Bytes that all caches hold. */
  readonly bytes: number;
}

/** How and where a run is carried out: nothing here changes a value in the trace. */
export interface Execution {
  /** Folder of the trace; must not exist. */
  readonly dir: string;
  readonly threads: number;
  /** The fastest that works unless one is asked for. */
  readonly kernel?: KernelName | 'auto';
  /** Steps between snapshots, from which `resumeRun` goes on; 0: none. Default: so that they cost a small share of the run. */
  readonly snapshotEvery?: SnapshotEvery;
  /** Told of each snapshot, and the nanoseconds it took. */
  onSnapshot?(ns: number): void;
  /** Wait for the times at which steps were recorded, divided by this; `max`, the default, waits for nothing. */
  readonly speed?: Speed;
  /** Ends the run after the step in work; what was done is sealed. */
  readonly signal: AbortSignal;
  readonly logLevel: LogLevel;
  onStep(progress: Progress): void;
  /** Told of the rows of each step, before the journal takes them; must neither wait nor throw. */
  onRows?(rows: TraceBatch): void;
  /** Told of each token that a language model goes on with, in order. */
  onGenerated?(tokenId: number): void;
  /** Every step is done: from here on the signal changes nothing. */
  onSealing?(): void;
  /** Makes the worker pool; `openPool` unless a test wants threads that die. */
  readonly pool?: (options: PoolOptions) => AttentionPool | Promise<AttentionPool>;
}
