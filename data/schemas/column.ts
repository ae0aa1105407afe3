/**
 * How a column is stored. INT32: counts and ids below 2^31. DOUBLE: bytes, nanoseconds, pairs, errors; every
 * reader sees a plain number. VECTOR: d float32 numbers per row, a fixed-size list.
 */
export type ColumnType = 'INT32' | 'DOUBLE' | 'BOOLEAN' | 'UTF8' | 'VECTOR';

/** What one column holds. `unit` goes into the metadata of every file as `unit.<column>`. */
export interface Column {
  readonly type: ColumnType;
  readonly unit: string;
  readonly doc: string;
  /** Unknown is null, never 0. */
  readonly nullable: boolean;
}

/** The columns of a table, in file order. */
export type Columns = Readonly<Record<string, Column>>;

type TypeOf<T> = T extends number
  ? 'INT32' | 'DOUBLE'
  : T extends boolean
    ? 'BOOLEAN'
    : T extends string
      ? 'UTF8'
      : 'VECTOR';

/** Descriptions that fit the row type R: every column, its kind of value, and null exactly where R allows it. */
export type ColumnsOf<R> = {
  readonly [K in keyof R]-?: Column & {
    readonly type: TypeOf<NonNullable<R[K]>>;
    readonly nullable: null extends R[K] ? true : false;
  };
};
