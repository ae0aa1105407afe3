import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Schema } from 'apache-arrow';
import type { Order } from '../../src/core/shape.js';
import type { TraceBatch } from '../../src/core/trace.js';
import type { Columns } from '../schemas/column.js';
import { tableColumns, tableNames, type TableName } from '../schemas/tables.js';
import { continueFile, createFile, type AppendFile } from './append-file.js';
import { arrowSchema, toRecordBatch } from './arrow-table.js';
import { BatchEncoder } from './batch-encoder.js';
import type { BatchRange, Commit } from './commit-log.js';
import { writing } from './io-failure.js';
import { tableBuffer, type TableBuffer } from './table-buffer.js';

const FLUSH_ROWS = 256; // a batch costs 40 µs however small it is; more rows would be at risk for longer
const FLUSH_BYTES = 1 << 20; // wide tables flush after fewer rows, so that buffers stay small

/** What the rows look like. */
export interface TableOptions {
  /** Length of all vectors. */
  readonly d: number;
  readonly order: Order;
  readonly flushRows?: number;
}

/** How far each table got: bytes of its file, and rows in them. */
export type TableEnds = Readonly<
  Partial<Record<TableName, { readonly bytes: number; readonly rows: number }>>
>;

/** The tables of a journal: rows that are collected, and one file a table to which they go in batches. */
export interface JournalTables {
  /** Take all rows of a batch, or none. Returns whether a table has enough of them to be written. */
  append(batch: TraceBatch): Promise<boolean>;
  /** Write what is collected; returns where it lies. */
  write(): Promise<Commit['tables']>;
  /** Count what was written as safe. */
  acknowledge(written: Commit['tables']): void;
  acknowledged(): Readonly<Partial<Record<TableName, number>>>;
  /** Where a later run would go on; right after a `write` that was acknowledged. */
  ends(): TableEnds;
  /** End the Arrow streams. */
  end(): Promise<void>;
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

/** Tables in `folder`. A table's file is created with its first row. */
export function journalTables(folder: string, options: TableOptions): JournalTables {
  return tablesOf(folder, options, new Map());
}

/** The same, going on where a stopped run had got to; what its files hold beyond that is cut off. */
export async function continueTables(
  folder: string,
  options: TableOptions,
  ends: TableEnds,
): Promise<JournalTables> {
  const tables = new Map<TableName, Table>();
  for (const name of tableNames) {
    const [path, end] = [join(folder, `${name}.arrows`), ends[name]];
    if (end === undefined) await writing(path, () => rm(path, { force: true }));
    else tables.set(name, await continueTable(path, name, options, end));
  }
  return tablesOf(folder, options, tables);
}

function tablesOf(folder: string, options: TableOptions, tables: Map<TableName, Table>): JournalTables {
  async function appendAll(batch: TraceBatch): Promise<boolean> {
    let full = false;
    for (const name of tableNames) {
      const rows = batch[name];
      if (rows === undefined || rows.length === 0) continue;
      const table = tables.get(name) ?? (await openTable(folder, name, options));
      tables.set(name, table);
      for (const row of rows) table.buffer.push(row);
      full ||= table.buffer.rows >= table.flushRows;
    }
    return full;
  }

  return {
    async append(batch) {
      const before = new Map([...tables].map(([name, { buffer }]) => [name, buffer.rows]));
      try {
        return await appendAll(batch);
      } catch (error) {
        for (const [name, { buffer }] of tables) buffer.truncate(before.get(name) ?? 0);
        throw error;
      }
    },
    async write() {
      const ranges: Partial<Record<TableName, BatchRange>> = {};
      for (const [name, table] of tables) {
        if (table.buffer.rows > 0) ranges[name] = await writeBatch(table);
      }
      return ranges;
    },
    acknowledge(written) {
      for (const [name, table] of tables) table.acknowledged += written[name]?.rows ?? 0;
    },
    acknowledged: () => Object.fromEntries([...tables].map(([name, table]) => [name, table.acknowledged])),
    ends: () =>
      Object.fromEntries(
        [...tables].map(([name, { file, acknowledged }]) => [name, { bytes: file.size, rows: acknowledged }]),
      ),
    async end() {
      for (const { encoder, file } of tables.values()) await file.append(encoder.end());
    },
    async close() {
      for (const { file } of tables.values()) await file.close();
    },
  };
}

async function openTable(folder: string, name: TableName, options: TableOptions): Promise<Table> {
  return tableOn(await createFile(join(folder, `${name}.arrows`), 'wx'), name, options);
}

function tableOn(file: AppendFile, name: TableName, { d, order, flushRows }: TableOptions): Table {
  const columns = tableColumns(name, order);
  const fitting = Math.max(1, Math.min(FLUSH_ROWS, Math.floor(FLUSH_BYTES / rowBytes(columns, d))));
  return {
    buffer: tableBuffer(name, columns, d),
    schema: arrowSchema(columns, d),
    encoder: new BatchEncoder(),
    file,
    flushRows: flushRows ?? fitting,
    acknowledged: 0,
  };
}

async function continueTable(
  path: string,
  name: TableName,
  options: TableOptions,
  { bytes, rows }: { readonly bytes: number; readonly rows: number },
): Promise<Table> {
  const table = tableOn(await continueFile(path, bytes), name, options);
  table.acknowledged = rows;
  const { schema, buffer, encoder } = table;
  encoder.encode(toRecordBatch(schema, buffer.view(), 0)); // the schema is in the file already: these bytes are not written
  return table;
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
