import type { Data } from 'apache-arrow';
import { badRecording } from './recording-format.js';

/** Where a batch lies, for messages. Rows count from 0. */
export interface Place {
  readonly path: string;
  readonly firstRow: number;
  readonly rows: number;
}

/** The first null of a column that has one. */
export function firstInvalid(data: Data): number {
  let i = 0;
  while (data.getValid(i)) i++;
  return i;
}

/** A null where there must be a value. */
export function nullAt(at: Place, column: string, row: number) {
  const side2 = column === 'k2' || column === 'v2';
  const hint = side2 ? 'k2 and v2 are null in every row or in none' : 'every row needs it';
  return badCell(at, column, row, 'is null', hint);
}

/** A cell that cannot be replayed; `row` counts in the batch. */
export function badCell(at: Place, column: string, row: number, what: string, hint: string) {
  return badRecording(at.path, `row ${at.firstRow + row} (from 0), column ${column} ${what}`, hint);
}
