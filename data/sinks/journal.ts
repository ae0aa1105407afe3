import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../src/core/failure.js';
import type { Clock } from '../../src/core/run.js';
import type { TraceBatch, TraceSink } from '../../src/core/trace.js';
import type { TableName } from '../schemas/tables.js';
import { createFile, type AppendFile } from './append-file.js';
import { commitLine } from './commit-log.js';
import { inTurn } from './in-turn.js';
import { writing } from './io-failure.js';
import { journalTables, type JournalTables, type TableOptions } from './journal-tables.js';
import { markWriter, type WriterMark } from './writer-mark.js';

const FLUSH_NS = 100e6;

/** Folder of the journal inside a trace, and what lies in it beside one `<table>.arrows` per table. */
export const JOURNAL = 'journal';
/** One line per flush, see `Commit`. */
export const COMMITS = 'commits';
/** Who writes, while it lives: keeps `seal` off a trace that is still being written. */
export const WRITER = 'writer.pid';

/** What the rows of a run look like, and the only clock the journal sees. */
export interface JournalOptions extends TableOptions {
  readonly clock: Clock;
}

/** The truth about a run while it runs. `write` is atomic: after a crash a whole TraceBatch is there, or none. */
export interface Journal extends TraceSink {
  /** Rows acknowledged so far: no crash of the process can lose them. */
  acknowledged(): Readonly<Partial<Record<TableName, number>>>;
  /** Acknowledge everything written so far. */
  flush(): Promise<void>;
  /** Flush, end the streams, close the files. After a failed write it only closes. May be called twice. */
  close(): Promise<void>;
}

/**
 * Create `dir`/journal. A table's file is created with its first row, so a table that is never used leaves
 * nothing. Rows are flushed after 256 rows of a table (fewer if they are wide), or when a `write` comes 100 ms
 * or more after the last flush; all tables together. Concurrent calls are served one after the other.
 *
 * @throws Failure `exists`, `not-writable` or `disk-full`; then nothing is left of it
 */
export async function openJournal(dir: string, options: JournalOptions): Promise<Journal> {
  const folder = join(dir, JOURNAL);
  await writing(folder, () => mkdir(folder)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
    throw new Failure('exists', `${folder} exists: this run has been started before`, `kronflow seal ${dir}`);
  });
  let mark: WriterMark | null = null;
  try {
    mark = await markWriter(join(folder, WRITER));
    const commits = await createFile(join(folder, COMMITS), 'wx');
    return journal(journalTables(folder, options), commits, mark, options.clock);
  } catch (error) {
    await mark?.remove();
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** Who may write when: one call at a time, none after a failure or after `close`. */
function journal(tables: JournalTables, commits: AppendFile, mark: WriterMark, clock: Clock): Journal {
  const flushes = flusher(tables, commits);
  const turn = inTurn();
  let flushedAt = clock.now();
  let broken: unknown = null;
  let closed = false;

  async function guarded(work: () => Promise<void>): Promise<void> {
    if (broken !== null) throw broken;
    if (closed) throw new RangeError('journal: used after close');
    await work();
  }

  async function flush(): Promise<void> {
    flushedAt = clock.now();
    await flushes.flush().catch((error: unknown) => {
      broken = error; // the first failed write is the answer to all later ones
      throw error;
    });
  }

  async function write(batch: TraceBatch): Promise<void> {
    const late = clock.now() - flushedAt >= FLUSH_NS;
    if ((await tables.append(batch)) || late) await flush();
  }

  async function close(): Promise<void> {
    if (closed) return;
    try {
      if (broken === null) await flush().then(() => flushes.finish());
    } finally {
      closed = true;
      await tables.close();
      await commits.close();
      await mark.remove();
    }
  }

  return {
    write: (batch) => turn(() => guarded(() => write(batch))),
    flush: () => turn(() => guarded(flush)),
    close: () => turn(close),
    acknowledged: () => tables.acknowledged(),
  };
}

/** Batches first, then the line that makes them count. */
function flusher(tables: JournalTables, commits: AppendFile) {
  let flushes = 0;
  const commit = (ranges: Awaited<ReturnType<JournalTables['write']>>, closed: boolean) =>
    commits.append(Buffer.from(commitLine({ flush: flushes++, tables: ranges, closed })));
  return {
    async flush(): Promise<void> {
      const ranges = await tables.write();
      if (Object.keys(ranges).length === 0) return;
      await commit(ranges, false);
      tables.acknowledge(ranges);
    },
    async finish(): Promise<void> {
      await tables.end();
      await commit({}, true);
    },
  };
}
