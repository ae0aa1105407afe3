import { join } from 'node:path';
import type { Columns, ColumnType } from '../../data/schemas/column.js';
import { eventColumns } from '../../data/schemas/events.js';
import { measureColumns } from '../../data/schemas/measures.js';
import { outputColumns } from '../../data/schemas/outputs.js';
import { recordingColumns } from '../../data/schemas/recording.js';
import { stepColumns } from '../../data/schemas/steps.js';
import { Failure } from '../core/failure.js';
import type { OpenedTrace } from './opened-trace.js';
import { identifier, literal } from './sql-text.js';

/** Names and SQL types of the columns of a Parquet file. */
export type FileColumns = ReadonlyMap<string, string>;

const TYPES: Record<ColumnType, string> = {
  INT32: 'INTEGER',
  DOUBLE: 'DOUBLE',
  BOOLEAN: 'BOOLEAN',
  UTF8: 'VARCHAR',
  VECTOR: 'FLOAT[]',
};

/** The tables that have a view each, with the columns that this kronflow writes. */
export const viewedTables: Readonly<Record<string, Columns>> = {
  steps: stepColumns,
  outputs: outputColumns,
  events: eventColumns,
  measures: measureColumns,
  recording: recordingColumns,
};

/** Where a table of a trace is, or null when the trace has none. */
export function tablePath({ dir, run }: OpenedTrace, table: string): string | null {
  const name = `${table}.parquet`;
  return name in run.outputs ? join(dir, name) : null;
}

/**
 * The rows of one table of all traces, in SQL: their columns by name, null where a trace (an older one) has no such
 * column; no row, but all columns, where no trace has the table. With `numbered` there is a column file_row_number too. A path is
 * no pattern to DuckDB when there is a file of exactly that name, and there is: it has been checked.
 * @throws Failure `bad-trace` when a column has different types in different traces
 */
export function unionOfTables(
  table: string,
  traces: readonly OpenedTrace[],
  columnsOf: ReadonlyMap<string, FileColumns>,
  numbered = false,
): string {
  const files = traces.flatMap((trace) => {
    const path = tablePath(trace, table);
    return path === null ? [] : [{ trace, path, columns: columnsOf.get(path)! }];
  });
  const all = unionOfColumns(table, files);
  const list = (known: FileColumns) =>
    [...all].map(([name, type]) =>
      known.has(name) ? identifier(name) : `null::${type} as ${identifier(name)}`,
    );
  const row = numbered ? ['file_row_number'] : [];
  if (files.length === 0) {
    const columns = [
      'null::VARCHAR as trace',
      ...list(new Map()),
      ...row.map((name) => `0::BIGINT as ${name}`),
    ];
    return `select ${columns.join(', ')} where false`;
  }
  return files
    .map(({ trace, path, columns }) => {
      const selected = [`${literal(trace.label)} as trace`, ...list(columns), ...row];
      return `select ${selected.join(', ')} from read_parquet(${literal(path)}, file_row_number = ${numbered})`;
    })
    .join('\nunion all ');
}

function unionOfColumns(
  table: string,
  files: readonly { path: string; columns: FileColumns }[],
): FileColumns {
  const known = Object.entries(viewedTables[table]).map(([name, { type }]) => [name, TYPES[type]] as const);
  const all = new Map<string, string>(known);
  for (const { path, columns } of files) {
    for (const [name, type] of columns) {
      const expected = all.get(name) ?? type;
      if (expected !== type) throw otherType(path, name, type, expected);
      all.set(name, type);
    }
  }
  return all;
}

function otherType(path: string, name: string, type: string, expected: string): Failure {
  return new Failure(
    'bad-trace',
    `${path}: column ${name} is ${type}, elsewhere it is ${expected}: these cannot stand in one view`,
    'ask about this trace alone, with the kronflow that wrote it, or run it again',
  );
}
