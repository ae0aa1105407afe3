import { join } from 'node:path';
import { Failure } from '../../src/core/failure.js';
import type { StepRow } from '../../src/core/trace.js';
import type { RunFile } from '../schemas/run-file.js';
import { stepColumns } from '../schemas/steps.js';
import { damagedTable, parquetBatches } from './read-table.js';
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
  const run = await readSealedRun(dir);
  await checkSha256(dir, run, 'steps.parquet'); // parquet-wasm dies of some damaged files instead of throwing
  const path = join(dir, 'steps.parquet');
  const columns = Object.fromEntries(names.map((name) => [name, stepColumns[name]]));
  const buffer = tableBuffer('steps', columns, 1);
  try {
    for await (const data of parquetBatches(path, names, 65_536)) buffer.append(data.columns, 0, data.rows);
  } catch (error) {
    throw damagedTable(path, error);
  }
  if (buffer.rows !== run.counters.rows.steps) {
    throw damagedTable(
      path,
      new Error(`it has ${buffer.rows} rows, run.json says ${run.counters.rows.steps}`),
    );
  }
  return { run, rows: buffer.rows, columns: buffer.view() as unknown as Steps<C>['columns'] };
}

/**
 * run.json of a trace that is sealed.
 * @throws Failure `bad-trace`
 */
export async function readSealedRun(dir: string): Promise<RunFile> {
  const run = await readRunFile(dir);
  if (!run.sealed)
    throw new Failure(
      'bad-trace',
      `${dir} is not sealed`,
      `kronflow seal ${dir}, or go on: kronflow resume ${dir}`,
    );
  return run;
}
