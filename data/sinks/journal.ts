import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Schema } from 'apache-arrow';
import { Failure } from '../../src/core/failure.js';
import type { Clock } from '../../src/core/run.js';
import type { Order } from '../../src/core/shape.js';
import type { TraceBatch, TraceSink } from '../../src/core/trace.js';
import type { Columns } from '../schemas/column.js';
import { tableColumns, tableNames, type TableName } from '../schemas/tables.js';
import { createFile, type AppendFile } from './append-file.js';
import { arrowSchema, toRecordBatch } from './arrow-table.js';
import { BatchEncoder } from './batch-encoder.js';
import { commitLine, type BatchRange } from './commit-log.js';
import { writing } from './io-failure.js';
import { tableBuffer, type TableBuffer } from './table-buffer.js';

const FLUSH_ROWS = 256; // a batch costs 40 µs however small it is; more rows would be at risk for longer
const FLUSH_BYTES = 1 << 20; // wide tables flush after fewer rows, so that buffers stay small
const FLUSH_NS = 100e6;

/** Folder of the journal inside a trace, and what lies in it beside one `<table>.arrows` per table. */
export const JOURNAL = 'journal';
/** One line per flush, see `Commit`. */
export const COMMITS = 'commits';
/** Process id of the writer while it lives; keeps `seal` off a trace that is still being written. */
export const WRITER = 'writer.pid';

/** What the rows of a run look like, and the only clock the journal sees. */
export interface JournalOptions {
  /** Length of all vectors. */
  readonly d: number;
  readonly order: Order;
  readonly clock: Clock;
  readonly flushRows?: number;
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

interface Table {
  readonly buffer: TableBuffer;
  readonly schema: Schema;
  readonly encoder: BatchEncoder;
  readonly file: AppendFile;
  readonly flushRows: number;
  acknowledged: number;
}

/**
 * Create `dir`/journal. A table's file is created with its first row, so a table that is never used leaves
 * nothing. Rows are flushed after 256 rows of a table (fewer if they are wide), or when a `write` comes 100 ms
 * or more after the last flush; all tables together. Concurrent calls are served one after the other.
 *
 * @throws Failure `exists`, `not-writable` or `disk-full`
 */
export async function openJournal(dir: string, options: JournalOptions): Promise<Journal> {
  const folder = join(dir, JOURNAL);
  await writing(folder, () => mkdir(folder)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
    throw new Failure('exists', `${folder} exists: this run has been started before`, `kronflow seal ${dir}`);
  });
  await writing(folder, () => writeFile(join(folder, WRITER), `${process.pid}\n`));
  const commits = await createFile(join(folder, COMMITS), 'wx');
  return journal(folder, commits, options);
}

function journal(
  folder: string,
  commits: AppendFile,
  { d, order, clock, flushRows }: JournalOptions,
): Journal {
  const tables = new Map<TableName, Table>();
  let flushes = 0;
  let flushedAt = clock.now();
  let broken: unknown = null;
  let closed = false;
  let tail: Promise<unknown> = Promise.resolve();

  /** One call at a time; the first failed write is the answer to all later ones. */
  function inTurn(work: () => Promise<void>): Promise<void> {
    const turn = tail.then(work);
    tail = turn.catch(() => undefined);
    return turn;
  }

  async function guarded(work: () => Promise<void>): Promise<void> {
    if (broken !== null) throw broken;
    if (closed) throw new RangeError('journal: used after close');
    await work();
  }

  async function openTable(name: TableName): Promise<Table> {
    const columns = tableColumns(name, order);
    const table: Table = {
      buffer: tableBuffer(name, columns, d),
      schema: arrowSchema(columns, d),
      encoder: new BatchEncoder(),
      file: await createFile(join(folder, `${name}.arrows`), 'wx'),
      flushRows:
        flushRows ?? Math.max(1, Math.min(FLUSH_ROWS, Math.floor(FLUSH_BYTES / rowBytes(columns, d)))),
      acknowledged: 0,
    };
    tables.set(name, table);
    return table;
  }

  async function append(batch: TraceBatch): Promise<boolean> {
    let due = clock.now() - flushedAt >= FLUSH_NS;
    for (const name of tableNames) {
      const rows = batch[name];
      if (rows === undefined || rows.length === 0) continue;
      const table = tables.get(name) ?? (await openTable(name));
      for (const row of rows) table.buffer.push(row);
      due ||= table.buffer.rows >= table.flushRows;
    }
    return due;
  }

  async function write(batch: TraceBatch): Promise<void> {
    const before = new Map([...tables].map(([name, { buffer }]) => [name, buffer.rows]));
    try {
      if (!(await append(batch))) return;
    } catch (error) {
      for (const [name, { buffer }] of tables) buffer.truncate(before.get(name) ?? 0); // none of it, or all
      throw error;
    }
    await flush();
  }

  async function flush(): Promise<void> {
    try {
      await flushTables();
    } catch (error) {
      broken = error;
      throw error;
    }
  }

  async function flushTables(): Promise<void> {
    flushedAt = clock.now();
    const ranges: Partial<Record<TableName, BatchRange>> = {};
    for (const [name, table] of tables) {
      if (table.buffer.rows > 0) ranges[name] = await writeBatch(table);
    }
    if (Object.keys(ranges).length === 0) return;
    await commits.append(Buffer.from(commitLine({ flush: flushes++, tables: ranges, closed: false })));
    for (const [name, table] of tables) table.acknowledged += ranges[name]?.rows ?? 0;
  }

  async function finish(): Promise<void> {
    await flush();
    for (const { encoder, file } of tables.values()) await file.append(encoder.end());
    await commits.append(Buffer.from(commitLine({ flush: flushes++, tables: {}, closed: true })));
  }

  async function close(): Promise<void> {
    if (closed) return;
    try {
      if (broken === null) await guarded(finish);
    } finally {
      closed = true;
      for (const { file } of [...tables.values(), { file: commits }]) await file.close();
      await rm(join(folder, WRITER), { force: true });
    }
  }

  return {
    write: (batch) => inTurn(() => guarded(() => write(batch))),
    flush: () => inTurn(() => guarded(flush)),
    close: () => inTurn(close),
    acknowledged: () => Object.fromEntries([...tables].map(([name, table]) => [name, table.acknowledged])),
  };
}

async function writeBatch({ buffer, schema, encoder, file }: Table): Promise<BatchRange> {
  const { rows } = buffer;
  const bytes = encoder.encode(toRecordBatch(schema, buffer.view(), rows));
  buffer.truncate(0);
  const offset = file.size;
  await file.append(bytes);
  return { offset, length: bytes.length, rows, crc: crc32(bytes) };
}

/** Roughly, strings at 16 bytes. */
function rowBytes(columns: Columns, d: number): number {
  const size = { INT32: 4, DOUBLE: 8, BOOLEAN: 1, UTF8: 16, VECTOR: 4 * d };
  return Object.values(columns).reduce((sum, { type }) => sum + size[type], 0);
}
