import type { TraceBatch } from '../core/trace.js';
import { Fold } from './fold.js';

/** How a run stands. */
export type RunStatus = 'running' | 'sealing' | 'complete' | 'interrupted' | 'failed';

/** What is known of a run before its first step. */
export interface RunFacts {
  /** Folder of the trace. */
  readonly dir: string;
  /** Steps to come; null when the source cannot tell. */
  readonly total: number | null;
  /** Steps that were done before a resumed run went on. */
  readonly before: number;
  readonly order: string;
  readonly d: number;
  readonly heads: number;
  readonly layers: number;
  /** In the order of their rows. */
  readonly caches: readonly string[];
}

/** A run as those who watch it see it: its rows folded, its progress, and how it ended. Milliseconds since the start. */
export class WatchedRun {
  readonly fold = new Fold();
  status: RunStatus = 'running';
  /** Steps done, those before a resume included. */
  done: number;
  /** Bytes that the ledger has in use, those of the reference included. */
  bytesInUse = 0;
  error: string | null = null;
  #endedAt: number | null = null;
  readonly #startedAt: number;

  constructor(
    readonly facts: RunFacts,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.done = facts.before;
    this.#startedAt = now();
  }

  readonly onRows = (rows: TraceBatch): void => this.fold.add(rows);

  readonly onStep = ({ done, bytes }: { readonly done: number; readonly bytes: number }): void => {
    this.done = done;
    this.bytesInUse = bytes;
  };

  end(status: RunStatus, error: string | null = null): void {
    this.status = status;
    this.error = error;
    this.#endedAt = this.now();
  }

  get elapsedMs(): number {
    return (this.#endedAt ?? this.now()) - this.#startedAt;
  }

  /** Steps per second of this process; null before the first. */
  get stepsPerSecond(): number | null {
    const steps = this.done - this.facts.before;
    return steps === 0 ? null : (1000 * steps) / this.elapsedMs;
  }

  get isOver(): boolean {
    return this.#endedAt !== null;
  }
}
