import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { Failure } from '../../src/core/failure.js';
import type { Clock } from '../../src/core/run.js';
import type { TraceBatch, TraceSink } from '../../src/core/trace.js';
import type { TableName } from '../schemas/tables.js';
import { continueFile, createFile, type AppendFile } from './append-file.js';
import { commitLine } from './commit-log.js';
import { inTurn } from './in-turn.js';
import { writing } from './io-failure.js';
import {
  continueTables,
  journalTables,
  type JournalTables,
  type TableEnds,
  type TableOptions,
} from './journal-tables.js';
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

/** A moment of a journal: everything before it is acknowledged. */
export interface JournalMark {
  /** Flushes so far, and the bytes and crc32 of the lines that say so. */
  readonly flushes: number;
  readonly commitBytes: number;
  readonly commitCrc: number;
  readonly tables: TableEnds;
}

/** The moment before the first flush. */
export const JOURNAL_START: JournalMark = { flushes: 0, commitBytes: 0, commitCrc: 0, tables: {} };

/** The truth about a run while it runs. `write` is atomic: after a crash a whole TraceBatch is there, or none. */
export interface Journal extends TraceSink {
  /** Rows acknowledged so far: no crash of the process can lose them. */
  acknowledged(): Readonly<Partial<Record<TableName, number>>>;
  /** Acknowledge everything written so far. */
  flush(): Promise<void>;
  /** Flush, and say where the journal stands: what a snapshot of the run belongs to. */
  mark(): Promise<JournalMark>;
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
    return journal(journalTables(folder, options), commits, mark, options.clock, JOURNAL_START);
  } catch (error) {
    await mark?.remove();
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/**
 * Go on with the journal of a stopped run after `from`; rows beyond it are dropped. Its folder must be locked: `mark`
 * is the lock, which the journal takes over. A kill at any moment leaves a journal that can be continued again.
 *
 * @throws Failure `not-writable` or `disk-full`; the lock is given back then
 */
export async function continueJournal(
  dir: string,
  options: JournalOptions,
  mark: WriterMark,
  from: JournalMark,
): Promise<Journal> {
  const folder = join(dir, JOURNAL);
  try {
    const path = join(folder, COMMITS);
    const commits = await (from.commitBytes === 0
      ? createFile(path, 'w')
      : continueFile(path, from.commitBytes));
    const tables = await continueTables(folder, options, from.tables); // after the commits: batches without one do no harm
    return journal(tables, commits, mark, options.clock, from);
  } catch (error) {
    await mark.remove();
    throw error;
  }
}

/** Who may write when: one call at a time, none after a failure or after `close`. */
function journal(
  tables: JournalTables,
  commits: AppendFile,
  mark: WriterMark,
  clock: Clock,
  from: JournalMark,
): Journal {
  const flushes = flusher(tables, commits, from);
  const turn = inTurn();
  let flushedAt = clock.now();
  let broken: unknown = null;
  let closed = false;

  async function guarded<T>(work: () => Promise<T>): Promise<T> {
    if (broken !== null) throw broken;
    if (closed) throw new RangeError('journal: used after close');
    return work();
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
    mark: () => turn(() => guarded(() => flush().then(flushes.mark))),
    close: () => turn(close),
    acknowledged: () => tables.acknowledged(),
  };
}

/** Batches first, then the line that makes them count. */
function flusher(tables: JournalTables, commits: AppendFile, from: JournalMark) {
  let { flushes, commitCrc } = from;
  const commit = async (ranges: Awaited<ReturnType<JournalTables['write']>>, closed: boolean) => {
    const line = Buffer.from(commitLine({ flush: flushes++, tables: ranges, closed }));
    await commits.append(line);
    commitCrc = crc32(line, commitCrc);
  };
  return {
    async flush(): Promise<void> {
      const ranges = await tables.write();
      if (Object.keys(ranges).length === 0) return;
      await commit(ranges, false);
      tables.acknowledge(ranges);
    },
    mark: (): JournalMark => ({ flushes, commitBytes: commits.size, commitCrc, tables: tables.ends() }),
    async finish(): Promise<void> {
      await tables.end();
      await commit({}, true);
    },
  };
}
