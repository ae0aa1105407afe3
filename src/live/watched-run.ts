import type { TraceBatch } from '../core/trace.js';
import { Fold } from './fold.js';

/** How a run stands. */
export type RunStatus = 'running' | 'sealing' | 'complete' | 'interrupted' | 'failed';

/** What is known of a run before its first step. */
export interface RunFacts {
  /** Folder of the trace. */
  readonly dir: string;
  readonly order: 'tensor' | 'matrix';
  readonly d: number;
  readonly heads: number;
  readonly layers: number;
  /** In the order of their rows. */
  readonly caches: readonly {
    readonly name: string;
    readonly label: string;
    readonly options: Readonly<Record<string, unknown>>;
  }[];
}

/** Clocks of those who watch. */
export interface WatchClock {
  /** Milliseconds. */
  now(): number;
  /** Milliseconds until `total` steps are done, where `done` took `elapsed`; null: unknown. */
  left(done: number, elapsed: number, total: number): number | null;
}

/** A run as those who watch it see it: its rows folded, its progress, and how it ended. */
export class WatchedRun {
  readonly fold = new Fold();
  status: RunStatus = 'running';
  /** Steps to come and done; null when nobody can tell. */
  total: number | null = null;
  /** Steps done, those before a resume included. */
  done = 0;
  /** Bytes that the ledger has in use, those of the reference included. */
  bytesInUse = 0;
  error: string | null = null;
  #before = 0;
  #startedAt: number;
  #endedAt: number | null = null;

  constructor(
    readonly facts: RunFacts,
    private readonly clock: WatchClock,
  ) {
    this.#startedAt = clock.now();
  }

  /** The first step comes now; `before` were done by a run that this one goes on with. */
  start(total: number | null, before: number): void {
    this.total = total;
    this.done = this.#before = before;
    this.#startedAt = this.clock.now();
  }

  readonly onRows = (rows: TraceBatch): void => this.fold.add(rows);

  readonly onStep = ({ done, bytes }: { readonly done: number; readonly bytes: number }): void => {
    this.done = done;
    this.bytesInUse = bytes;
  };

  /** Every step is done. */
  seal(): void {
    this.status = 'sealing';
  }

  end(status: RunStatus, error: string | null = null): void {
    this.status = status;
    this.error = error;
    this.#endedAt = this.clock.now();
  }

  get elapsedMs(): number {
    return (this.#endedAt ?? this.clock.now()) - this.#startedAt;
  }

  get leftMs(): number | null {
    if (this.total === null || this.status !== 'running') return null;
    return this.clock.left(this.done - this.#before, this.elapsedMs, this.total - this.#before);
  }

  /** Steps per second of this process; null before the first. */
  get stepsPerSecond(): number | null {
    const steps = this.done - this.#before;
    return steps === 0 ? null : (1000 * steps) / this.elapsedMs;
  }
}
