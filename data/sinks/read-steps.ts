import { openAsBlob } from 'node:fs';
import { join } from 'node:path';
import { tableFromIPC } from 'apache-arrow';
import * as parquet from 'parquet-wasm';
import { Failure } from '../../src/core/failure.js';
import type { StepRow } from '../../src/core/trace.js';
import type { RunFile } from '../schemas/run-file.js';
import { stepColumns } from '../schemas/steps.js';
import { fromRecordBatch } from './arrow-table.js';
import { checkSha256 } from './sealed-file.js';
import { tableBuffer } from './table-buffer.js';
import { readRunFile } from './trace-folder.js';

type ArrayOf<T> = T extends 'UTF8'
  ? readonly string[]
  : T extends 'INT32'
    ? Int32Array
    : T extends 'DOUBLE'
      ? Float64Array
      : Uint8Array;

/** One column of steps.parquet, (rows); `valid` is 1 for a value and 0 for null, null when nothing is null. */
export interface StepColumn<C extends keyof StepRow> {
  readonly values: ArrayOf<(typeof stepColumns)[C]['type']>;
  readonly valid: Uint8Array | null;
}

/** The columns asked for, with all rows, in file order. */
export interface Steps<C extends keyof StepRow> {
  readonly run: RunFile;
  readonly rows: number;
  readonly columns: { readonly [K in C]: StepColumn<K> };
}

/**
 * Read columns of the sealed trace `dir`; only these are decoded.
 * @throws Failure `bad-trace` when it is not a trace, not sealed, or steps.parquet is damaged
 */
export async function readSteps<C extends keyof StepRow>(
  dir: string,
  names: readonly C[],
): Promise<Steps<C>> {
  const run = await readRunFile(dir);
  if (!run.sealed) throw new Failure('bad-trace', `${dir} is not sealed`, `kronflow seal ${dir}`);
  await checkSha256(dir, run, 'steps.parquet'); // parquet-wasm dies of some damaged files instead of throwing
  const path = join(dir, 'steps.parquet');
  const columns = Object.fromEntries(names.map((name) => [name, stepColumns[name]]));
  const buffer = tableBuffer('steps', columns, 1);
  try {
    for await (const data of readColumns(path, names)) buffer.append(data.columns, 0, data.rows);
  } catch (error) {
    throw damaged(path, error);
  }
  if (buffer.rows !== run.counters.rows.steps) {
    throw damaged(path, new Error(`it has ${buffer.rows} rows, run.json says ${run.counters.rows.steps}`));
  }
  return { run, rows: buffer.rows, columns: buffer.view() as unknown as Steps<C>['columns'] };
}

async function* readColumns(path: string, names: readonly string[]) {
  const file = await parquet.ParquetFile.fromFile(await openAsBlob(path));
  try {
    const known = tableFromIPC(file.schema().intoIPCStream()).schema.names as string[];
    const missing = names.find((name) => !known.includes(name)); // parquet-wasm would die of it, not throw
    if (missing !== undefined) throw new Error(`it has no column ${missing}`);
    const stream = await file.stream({ columns: [...names], batchSize: 65_536, concurrency: 1 });
    for await (const batch of stream as unknown as AsyncIterable<parquet.RecordBatch>) {
      const table = tableFromIPC(batch.intoIPCStream());
      for (const part of table.batches) yield { columns: fromRecordBatch(part), rows: part.numRows };
    }
  } finally {
    file.free();
  }
}

function damaged(path: string, error: unknown): Failure {
  const reason = error instanceof Error ? error.message : String(error);
  return new Failure(
    'bad-trace',
    `${path} cannot be read: ${reason}`,
    'restore it from a copy, or run again',
    {
      cause: error,
    },
  );
}
