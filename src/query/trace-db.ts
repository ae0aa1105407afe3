import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { inWindows } from '../../data/schemas/in-windows.js';
import { byCacheView } from './by-cache.js';
import { loadDuckDB, type DuckDB } from './duckdb.js';
import { createMacro, macros } from './macros.js';
import { readTraces, type OpenedTrace } from './opened-trace.js';
import { cachesTable, runsTable } from './runs-view.js';
import { identifier, literal } from './sql-text.js';
import { refuseOther, runStatements, sqlFailure } from './statements.js';
import { tablePath, unionOfTables, viewedTables, type FileColumns } from './table-views.js';
import { plainValue } from './values.js';

/** A column of an answer, with the type that DuckDB gives it. */
export interface QueryColumn {
  readonly name: string;
  readonly type: string;
}

/** An answer, all of it. */
export interface QueryResult {
  readonly columns: readonly QueryColumn[];
  /** By row, then by column; see `plainValue` for what a value can be. */
  readonly rows: readonly (readonly unknown[])[];
}

/** An answer that is read piece by piece. */
export interface StreamedQuery {
  readonly columns: readonly QueryColumn[];
  readonly pieces: AsyncIterable<readonly (readonly unknown[])[]>;
}

/** Traces, ready to be asked. */
export interface TraceDb {
  readonly traces: readonly OpenedTrace[];
  /** @throws Failure `bad-input` with DuckDB's message */
  query(sql: string): Promise<QueryResult>;
  /** The rows as objects. @throws Failure `bad-input` */
  objects(sql: string): Promise<Record<string, unknown>[]>;
  /** For answers that need not fit into memory. @throws Failure `bad-input` */
  stream(sql: string): Promise<StreamedQuery>;
  /**
   * Write the answer of one SELECT to the file `output` of the options, as Parquet; returns its columns.
   * @throws Failure `bad-input`, `not-writable`
   */
  writeParquet(sql: string): Promise<readonly QueryColumn[]>;
  /** Give up the query that is running: it fails. */
  interrupt(): void;
  close(): void;
}

/** How traces are opened. */
export interface OpenOptions {
  /** Let queries read and write files and change settings. */
  readonly unsafe?: boolean;
  /** One more file that the sandbox lets DuckDB write, absolute. */
  readonly output?: string;
}

/**
 * Open sealed traces as views steps, outputs, events, measures, recording, runs, caches and by_cache, each with a column
 * `trace`. The database is in memory and knows no other file than those of the traces.
 * @throws Failure `bad-trace`; `bad-option` when a trace is named twice; `not-found` when DuckDB is not installed
 */
export async function openTraces(dirs: readonly string[], options: OpenOptions = {}): Promise<TraceDb> {
  const duckdb = await loadDuckDB();
  const traces = await readTraces(dirs);
  const instance = await duckdb.DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const close = () => {
    connection.closeSync();
    instance.closeSync();
  };
  try {
    await createViews(connection, traces);
    await limit(connection, traces, options);
  } catch (error) {
    close();
    throw sqlFailure(error);
  }
  return { traces, ...asking(duckdb, connection, options), interrupt: () => connection.interrupt(), close };
}

function asking(
  duckdb: DuckDB,
  connection: DuckDBConnection,
  { unsafe = false, output }: OpenOptions,
): Pick<TraceDb, 'query' | 'objects' | 'stream' | 'writeParquet'> {
  const stream = async (sql: string): Promise<StreamedQuery> => {
    const result = await runStatements(duckdb, connection, sql, !unsafe);
    const types = result.columnTypes();
    const columns = result.columnNames().map((name, i) => ({ name, type: String(types[i]) }));
    return { columns, pieces: rowsOf(result) };
  };
  const query = async (sql: string): Promise<QueryResult> => {
    const { columns, pieces } = await stream(sql);
    const rows: (readonly unknown[])[] = [];
    for await (const piece of pieces) for (const row of piece) rows.push(row);
    return { columns, rows };
  };
  const objects = async (sql: string) => {
    const { columns, rows } = await query(sql);
    return rows.map((row) => Object.fromEntries(columns.map(({ name }, i) => [name, row[i]])));
  };
  const writeParquet = async (sql: string) => {
    if (output === undefined) throw new RangeError('the traces were opened without an output');
    await refuseOther(duckdb, connection, sql);
    try {
      // a prefix: whatever ends the text, a semicolon or a comment, stays its end
      await connection.run(`create or replace temp view answer_to_write as ${sql}`);
      const options = 'format parquet, compression zstd, use_tmp_file false';
      await connection.run(`copy (from temp.answer_to_write) to ${literal(output)} (${options})`);
      const described = await connection.runAndReadAll('describe temp.answer_to_write');
      return described.getRows().map(([name, type]) => ({ name: String(name), type: String(type) }));
    } catch (error) {
      throw sqlFailure(error);
    }
  };
  return { query, objects, stream, writeParquet };
}

async function* rowsOf(
  result: Awaited<ReturnType<typeof runStatements>>,
): AsyncGenerator<readonly (readonly unknown[])[]> {
  try {
    for (let chunk = await result.fetchChunk(); chunk !== null; chunk = await result.fetchChunk()) {
      if (chunk.rowCount === 0) return;
      yield chunk.getRows().map((row) => row.map(plainValue));
    }
  } catch (error) {
    throw sqlFailure(error);
  }
}

async function createViews(connection: DuckDBConnection, traces: readonly OpenedTrace[]): Promise<void> {
  await connection.run('create schema internal');
  for (const table of Object.keys(viewedTables)) {
    const columns = new Map<string, FileColumns>();
    for (const trace of traces) {
      const path = tablePath(trace, table);
      if (path !== null) columns.set(path, await fileColumns(connection, path));
    }
    const sql = unionOfTables(table, traces, columns);
    await connection.run(`create view ${identifier(table)} as ${sql}`);
    if (table === 'steps')
      await connection.run(`create view internal.steps as ${unionOfTables(table, traces, columns, true)}`);
  }
  await connection.run(`create table runs as ${runsTable(traces)}`);
  await connection.run(`create table caches as ${cachesTable(traces)}`);
  const windowed = traces.filter(({ run }) => inWindows(run)).map(({ label }) => label);
  await connection.run(`create view by_cache as ${byCacheView('internal.steps', 'caches', windowed)}`);
  for (const macro of macros) await connection.run(createMacro(macro));
}

async function fileColumns(connection: DuckDBConnection, path: string): Promise<FileColumns> {
  const result = await connection.runAndReadAll(`describe select * from read_parquet(${literal(path)})`);
  return new Map(result.getRows().map(([name, type]) => [String(name), String(type)]));
}

/** The sandbox: the files of the traces and nothing else, and no way back. Sorting that does not fit goes to `temp_directory`. */
async function limit(
  connection: DuckDBConnection,
  traces: readonly OpenedTrace[],
  { unsafe = false, output }: OpenOptions,
): Promise<void> {
  await connection.run(`set temp_directory = ${literal(join(tmpdir(), `kronflow-query-${process.pid}`))}`);
  if (unsafe) return;
  const files = traces.flatMap((trace) =>
    Object.keys(viewedTables).flatMap((table) => tablePath(trace, table) ?? []),
  );
  const paths = [...files, ...(output === undefined ? [] : [output])];
  for (const setting of [
    `allowed_paths = [${paths.map(literal).join(', ')}]`,
    'autoinstall_known_extensions = false',
    'autoload_known_extensions = false',
    'enable_external_access = false',
    'lock_configuration = true',
  ])
    await connection.run(`set ${setting}`);
}
