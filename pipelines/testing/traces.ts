import { join } from 'node:path';
import { readFile } from 'node:fs/promises';
import { runFileSchema, type RunFile } from '../../data/schemas/run-file.js';
import { queryDuckDB } from '../../data/testing/duckdb.js';

/** run.json of a trace, checked. */
export async function readRun(dir: string): Promise<RunFile> {
  return runFileSchema.parse(JSON.parse(await readFile(join(dir, 'run.json'), 'utf8')));
}

/** One number from a query. */
export async function count(sql: string): Promise<number> {
  const [row] = await queryDuckDB(sql);
  return Number(Object.values(row)[0]);
}

/** Rows of a table of a trace. */
export function rowsOf(dir: string, table: string): Promise<number> {
  return count(`select count(*) from '${dir}/${table}.parquet'`);
}

/**
 * How many rows of a table differ between two traces in any column but the measured times, or stand elsewhere.
 * NaN equals NaN and null equals null. `rows`: compare only that many from the start.
 */
export function differences(a: string, b: string, table: string, rows = 2 ** 31): Promise<number> {
  const part = (dir: string) =>
    `select columns(c -> c not like '%!_ns' escape '!') from read_parquet('${dir}/${table}.parquet', ` +
    `file_row_number = true) where file_row_number < ${rows}`;
  const [left, right] = [part(a), part(b)];
  return count(
    `select count(*) from ((${left} except all ${right}) union all (${right} except all ${left})) as d`,
  );
}
