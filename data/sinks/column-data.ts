import type { Column } from '../schemas/column.js';

/** Numbers, strings, or 0/1 for BOOLEAN. */
export type Values =
  Int32Array | Float64Array | Float32Array | Uint8Array | readonly number[] | readonly string[];

/** Values of one column, row after row. */
export interface ColumnData {
  /** (rows), or (rows × d) for VECTOR. What stands at a null row means nothing. */
  readonly values: Values;
  /** (rows), 1 for a value and 0 for null; null when no row is null. */
  readonly valid: Uint8Array | null;
}

/** A piece of a table, by column name. */
export type TableData = Readonly<Record<string, ColumnData>>;

/** Say which value of which row and column breaks which rule; it is our bug, a user cannot act on it. */
export function badValue(
  table: string,
  row: number,
  column: string,
  value: unknown,
  rule: string,
): RangeError {
  return new RangeError(`${table} row ${row}, column ${column}: ${String(value)} ${rule}`);
}

/** Why `value` must not stand in a column, in words; null when it may. d is the length of vectors. */
export function brokenRule({ type, nullable }: Column, value: unknown, d: number): string | null {
  if (value === null) return nullable ? null : 'is not allowed in this column';
  switch (type) {
    case 'INT32':
      return ((value as number) | 0) === value ? null : 'is not an integer of 32 bits';
    case 'DOUBLE':
      return typeof value === 'number' ? null : 'is not a number';
    case 'BOOLEAN':
      return typeof value === 'boolean' ? null : 'is not true or false';
    case 'UTF8':
      return typeof value === 'string' ? null : 'is not a string';
    case 'VECTOR':
      return (value as ArrayLike<number> | undefined)?.length === d
        ? null
        : `is not a vector of ${d} numbers`;
  }
}
