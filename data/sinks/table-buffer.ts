import type { Columns } from '../schemas/column.js';
import { columnBuffer } from './column-buffer.js';
import { badValue, type TableData } from './column-data.js';

/** Rows of one table, kept as columns. The journal, and both Parquet writers, collect their batches in one. */
export interface TableBuffer {
  readonly rows: number;
  /** @throws RangeError naming row, column and rule; the row is then not added */
  push(row: object): void;
  /** Append rows [from, to) of `data`, which must have exactly the columns of the table. @throws RangeError */
  append(data: TableData, from: number, to: number): void;
  /** All rows, as views that are valid until the next change. */
  view(): TableData;
  truncate(rows: number): void;
}

/** An empty table; d is the length of its vectors. `total` counts the rows of earlier batches, for messages. */
export function tableBuffer(table: string, columns: Columns, d: number): TableBuffer {
  const names = Object.keys(columns);
  const buffers = names.map((name) => columnBuffer(columns[name], d));
  let rows = 0;
  let forgotten = 0; // so that a message counts rows from the start of the table

  function truncate(to: number): void {
    if (to === 0) forgotten += rows;
    for (const buffer of buffers) buffer.truncate(to);
    rows = to;
  }

  return {
    get rows() {
      return rows;
    },
    push(row) {
      for (let i = 0; i < names.length; i++) {
        const value = (row as Record<string, unknown>)[names[i]];
        const rule = buffers[i].push(value);
        if (rule === null) continue;
        for (let back = 0; back < i; back++) buffers[back].truncate(rows);
        throw badValue(table, forgotten + rows, names[i], value, rule);
      }
      rows++;
    },
    append(data, from, to) {
      sameColumns(table, names, data);
      for (let i = 0; i < names.length; i++) {
        const refused = buffers[i].append(data[names[i]], from, to);
        if (refused === null) continue;
        for (let back = 0; back < i; back++) buffers[back].truncate(rows);
        const row = forgotten + rows + refused.row - from;
        throw new RangeError(`${table} row ${row}, column ${names[i]}: ${refused.rule}`);
      }
      rows += to - from;
    },
    view: () => Object.fromEntries(names.map((name, i) => [name, buffers[i].view()])),
    truncate,
  };
}

/** parquetjs-lite drops unknown columns and writes missing ones as null, both silently. */
function sameColumns(table: string, names: readonly string[], data: TableData): void {
  const unknown = Object.keys(data).find((name) => !names.includes(name));
  if (unknown !== undefined) throw new RangeError(`${table}: unknown column ${unknown}`);
  const missing = names.find((name) => data[name] === undefined);
  if (missing !== undefined) throw new RangeError(`${table}: column ${missing} is missing`);
}
