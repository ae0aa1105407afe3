import type { DuckDBConnection, DuckDBPreparedStatement } from '@duckdb/node-api';
import { Failure } from '../core/failure.js';
import type { DuckDB } from './duckdb.js';

/** An answer as DuckDB hands it out. */
export type StreamedResult = Awaited<ReturnType<DuckDBPreparedStatement['stream']>>;

const NOTHING = /^(\s|;|--[^\n]*(\n|$)|\/\*[^]*?\*\/)*$/;
const EXPLAIN = /^\s*explain\s+(?:analyze\s+)?(?:\([^)]*\)\s*)?/i;

/**
 * Run all statements of a text one after another; the answer is that of the last. In a sandbox only those run that ask:
 * DuckDB's own lock lets COPY write to a file that may be read, so that a trace could be overwritten.
 * @throws Failure `bad-input` with DuckDB's message and position; or when the sandbox refuses
 */
export async function runStatements(
  { StatementType }: DuckDB,
  connection: DuckDBConnection,
  sql: string,
  sandbox: boolean,
): Promise<StreamedResult> {
  const { SELECT, EXPLAIN: EXPLAINED, CREATE, DROP, SET, VARIABLE_SET } = StatementType;
  const asking: readonly number[] = [SELECT, CREATE, DROP, SET, VARIABLE_SET];
  if (NOTHING.test(sql)) throw noSql();
  if (sandbox && /enable_logging/i.test(sql)) throw refused('enable_logging'); // to a file it ends the process
  let result: StreamedResult | null = null;
  try {
    const statements = await connection.extractStatements(sql);
    for (let i = 0; i < statements.count; i++) {
      const prepared = await statements.prepare(i);
      const type = prepared.statementType;
      if (sandbox && !asking.includes(type)) {
        // EXPLAIN ANALYZE runs what it explains
        if (type !== EXPLAINED || statements.count > 1) throw refused(StatementType[type]);
        await mayExplain(connection, sql, SELECT);
      }
      result = await prepared.stream();
      if (i < statements.count - 1) await result.fetchAllChunks();
    }
  } catch (error) {
    throw sqlFailure(error);
  }
  return result!; // an empty text has been refused
}

/** What went wrong in DuckDB, in its own words: they have the line and the place. */
export function sqlFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const message = (error instanceof Error ? error.message : String(error))
    .replace(/^Failed to extract statements: /, '')
    .trimEnd();
  const hint = /^Permission Error|configuration has been locked/.test(message)
    ? 'a query may read the traces that were named and nothing else; --unsafe lifts that'
    : undefined;
  return new Failure('bad-input', message.replace(/\n\n+/g, '\n'), hint, { cause: error });
}

async function mayExplain(connection: DuckDBConnection, sql: string, select: number): Promise<void> {
  const inner = sql.replace(EXPLAIN, '');
  if (inner === sql) throw refused('EXPLAIN of this form');
  const statements = await connection.extractStatements(inner).catch(() => {
    throw refused('EXPLAIN of this form');
  });
  const { statementType } = await statements.prepare(0);
  if (statements.count > 1 || statementType !== select) throw refused('EXPLAIN of anything but a SELECT');
}

function refused(what: string): Failure {
  return new Failure(
    'bad-input',
    `${what} is not run: a query asks, it does not change or write anything`,
    'write SELECT; -o FILE writes an answer; --unsafe lets everything run',
  );
}

/**
 * Refuse what is not one SELECT, so that it can stand inside another statement.
 * @throws Failure `bad-input`
 */
export async function refuseOther(
  { StatementType }: DuckDB,
  connection: DuckDBConnection,
  sql: string,
): Promise<void> {
  if (NOTHING.test(sql)) throw noSql();
  try {
    const statements = await connection.extractStatements(sql);
    const { statementType } = await statements.prepare(0);
    if (statements.count > 1 || statementType !== StatementType.SELECT)
      throw new Failure(
        'bad-input',
        'only one SELECT can be written as Parquet',
        'write the answer of a single SELECT',
      );
  } catch (error) {
    throw sqlFailure(error);
  }
}

function noSql(): Failure {
  return new Failure('bad-input', 'there is no SQL to run', 'write FROM by_cache');
}
