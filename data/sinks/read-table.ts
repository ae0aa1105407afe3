import { openAsBlob } from 'node:fs';
import { join } from 'node:path';
import { tableFromIPC } from 'apache-arrow';
import * as parquet from 'parquet-wasm';
import { Failure } from '../../src/core/failure.js';
import type { RunFile } from '../schemas/run-file.js';
import { tableColumns, type TableName } from '../schemas/tables.js';
import { fromRecordBatch } from './arrow-table.js';
import type { TableData } from './column-data.js';
import { checkSha256 } from './sealed-file.js';

const BATCH_NUMBERS = 1 << 18; // of vectors; narrow tables come in batches of as many rows as a fourth of it

/** Some rows of a table, in file order. */
export interface TableBatch {
  readonly columns: TableData;
  readonly rows: number;
}

/**
 * The rows of a sealed table, batch by batch: one is in memory at a time. The file is checked against its sha256 first,
 * because parquet-wasm dies of some damaged files instead of throwing.
 *
 * @throws Failure `bad-trace` when it is missing, damaged, or has other rows or columns than run.json says
 */
export async function* readTable(
  dir: string,
  run: RunFile,
  table: TableName,
  names: readonly string[] = Object.keys(tableColumns(table, run.order)),
): AsyncGenerator<TableBatch> {
  const path = join(dir, `${table}.parquet`);
  await checkSha256(dir, run, `${table}.parquet`);
  const numbers = table === 'outputs' || table === 'recording' ? 5 * run.d : 4;
  let rows = 0;
  try {
    for await (const batch of parquetBatches(path, names, Math.ceil(BATCH_NUMBERS / numbers))) {
      rows += batch.rows;
      yield batch;
    }
  } catch (error) {
    throw damagedTable(path, error);
  }
  if (rows !== run.counters.rows[table]) {
    throw damagedTable(path, new Error(`it has ${rows} rows, run.json says ${run.counters.rows[table]}`));
  }
}

/** Columns of a Parquet file, `batchRows` rows at a time; only these are decoded. */
export async function* parquetBatches(
  path: string,
  names: readonly string[],
  batchRows: number,
): AsyncGenerator<TableBatch> {
  const file = await parquet.ParquetFile.fromFile(await openAsBlob(path));
  try {
    const known = tableFromIPC(file.schema().intoIPCStream()).schema.names as string[];
    const missing = names.find((name) => !known.includes(name)); // parquet-wasm would die of it, not throw
    if (missing !== undefined) throw new Error(`it has no column ${missing}`);
    const stream = await file.stream({ columns: [...names], batchSize: batchRows, concurrency: 1 });
    for await (const batch of stream as unknown as AsyncIterable<parquet.RecordBatch>) {
      const table = tableFromIPC(batch.intoIPCStream());
      for (const part of table.batches) yield { columns: fromRecordBatch(part), rows: part.numRows };
    }
  } finally {
    file.free();
  }
}

/** A sealed file that cannot be read. */
export function damagedTable(path: string, error: unknown): Failure {
  const reason = error instanceof Error ? error.message : String(error);
  const hint = 'restore it from a copy, or run again';
  if (error instanceof Failure) return error;
  return new Failure('bad-trace', `${path} cannot be read: ${reason}`, hint, { cause: error });
}
