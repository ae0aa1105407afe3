import type { Logger } from 'pino';
import type { Journal } from '../data/sinks/journal.js';
import { writeSnapshot, type SnapshotHead } from '../data/sinks/snapshot-file.js';
import { isFailure } from '../src/core/failure.js';
import type { Ledger } from '../src/core/ledger.js';
import type { Clock } from '../src/core/run.js';
import type { TraceBatch, TraceSink } from '../src/core/trace.js';
import { snapshotPace, type SnapshotEvery } from './snapshot-pace.js';

/** What a snapshot is made from, and where it goes. */
export interface SnapshotParts {
  readonly dir: string;
  readonly journal: Journal;
  /** What is saved, piece by piece. */
  readonly pieces: () => Iterable<object>;
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly log: Logger;
  readonly every: SnapshotEvery;
  /** What the run goes on from; null when it starts. */
  readonly from: SnapshotHead | null;
  /** Told of each one, and the nanoseconds it took. */
  onSnapshot?(ns: number): void;
}

/**
 * The journal, with a snapshot of the run after some of its steps. It is taken while the step's rows are being written,
 * when the pipeline waits and nothing changes: the rows of all layers are there, and the next step has not been pulled.
 *
 * A snapshot that cannot be written is no reason to stop: a crash would cost more, and the log says so.
 */
export function withSnapshots(parts: SnapshotParts): TraceSink {
  const { journal, ledger, every, from, log, clock } = parts;
  const pace = snapshotPace(every, clock.now);
  const perStream = new Map(from?.perStream);
  let steps = from?.steps ?? 0;

  async function take(): Promise<void> {
    const [start, bytes] = [clock.now(), ledger.used()];
    await save(parts, steps, perStream).catch((error: unknown) => {
      if (!isFailure(error) || error.code === 'plugin-failed') throw error;
      log.warn({ err: error, steps }, 'no snapshot');
    });
    const end = clock.now();
    pace.taken(bytes, start, end);
    parts.onSnapshot?.(end - start);
  }

  return {
    async write(batch: TraceBatch) {
      await journal.write(batch);
      const stream = batch.steps?.[0]?.stream_id;
      if (stream === undefined) return; // an event between steps
      steps++;
      perStream.set(stream, (perStream.get(stream) ?? 0) + 1);
      if (pace.due(steps, ledger.used())) await take();
    },
  };
}

async function save(
  { dir, journal, pieces, ledger, clock, log }: SnapshotParts,
  steps: number,
  perStream: ReadonlyMap<number, number>,
): Promise<void> {
  const head = {
    ...{ steps, perStream: [...perStream], journal: await journal.mark() },
    ...{ clock: clock.now(), ledger: ledger.totals() },
  };
  const { bytes } = await writeSnapshot(dir, head, pieces());
  log.debug({ steps, bytes }, 'snapshot');
}
