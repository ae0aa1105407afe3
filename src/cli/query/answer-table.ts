import Table from 'cli-table3';
import type { QueryColumn, StreamedQuery } from '../../query/index.js';
import { cellText } from './answer-text.js';

/** How much of an answer a table shows. */
export interface TableLimits {
  /** Rows; 0: all. */
  readonly rows: number;
  /** Characters of a line; null: as many as it takes. */
  readonly width: number | null;
}

/** An answer as a table, and below it what of it is not shown. */
export async function answerTable({ columns, pieces }: StreamedQuery, limits: TableLimits): Promise<string> {
  const rows: string[][] = [];
  let more = false;
  for await (const piece of pieces) {
    const room = limits.rows === 0 ? piece.length : limits.rows - rows.length;
    more = piece.length > room;
    for (const row of piece.slice(0, room))
      rows.push(row.map((value, i) => cellText(value, columns[i].type)));
    if (more) break;
  }
  const fitting = fittingColumns(columns, rows, limits.width);
  const table = new Table({
    head: fitting.map((i) => columns[i].name),
    style: { head: [], border: [], compact: true },
    colAligns: fitting.map((i) => (isNumber(columns[i]) ? 'right' : 'left')),
  });
  for (const row of rows) table.push(fitting.map((i) => row[i]));
  const notes = [
    more
      ? `the first ${rows.length} rows: --rows 0 shows all`
      : `${rows.length} row${rows.length === 1 ? '' : 's'}`,
    ...(fitting.length < columns.length
      ? [`${fitting.length} of ${columns.length} columns fit: name those that you want, or --format csv`]
      : []),
  ];
  return `${table.toString()}\n${notes.join('; ')}\n`;
}

/** The first columns that fit beside one another; at least one. */
function fittingColumns(
  columns: readonly QueryColumn[],
  rows: readonly (readonly string[])[],
  width: number | null,
): readonly number[] {
  const all = columns.map((_, i) => i);
  if (width === null) return all;
  const longest = (i: number) =>
    [columns[i].name, ...rows.flatMap((row) => row[i].split('\n'))].reduce((most, text) => Math.max(most, [...text].length), 0); // prettier-ignore
  let used = 1;
  const end = all.findIndex((i) => (used += longest(i) + 3) > width);
  return end < 0 ? all : all.slice(0, Math.max(1, end));
}

function isNumber({ type }: QueryColumn): boolean {
  return /^(DECIMAL.*|U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE)$/.test(type);
}
