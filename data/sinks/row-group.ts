import type { ColumnBuffer } from 'parquetjs-lite';
import type { Column } from '../schemas/column.js';
import type { ColumnData } from './column-data.js';

const MAX_STATISTIC_BYTES = 64; // longer strings are no use for skipping row groups

/** Statistics of one column of a row group, in Parquet's plain encoding. */
export interface ColumnStatistics {
  readonly null_count: number;
  readonly min?: Buffer;
  readonly max?: Buffer;
  readonly min_value?: Buffer;
  readonly max_value?: Buffer;
}

/** One column of a row group as parquetjs-lite keeps it after shredding: values without nulls, and levels. */
export function shredColumn(column: Column, { values, valid }: ColumnData, rows: number): ColumnBuffer {
  const dlevels = column.nullable ? (valid ?? new Uint8Array(rows).fill(1)) : new Uint8Array(rows);
  const packed = valid === null ? values : dropNulls(values, valid);
  return {
    values: column.type === 'UTF8' ? [...(packed as readonly string[])] : (packed as ArrayLike<number>),
    dlevels,
    rlevels: [],
    distinct_values: new Set<never>(),
    count: rows,
  };
}

function dropNulls(values: ColumnData['values'], valid: Uint8Array): ColumnData['values'] {
  if (!ArrayBuffer.isView(values)) return (values as readonly string[]).filter((_, i) => valid[i] === 1);
  const packed = values.slice() as Float64Array;
  let kept = 0;
  for (let i = 0; i < valid.length; i++) if (valid[i] === 1) packed[kept++] = values[i] as number;
  return packed.subarray(0, kept);
}

/**
 * Count of nulls, and smallest and largest value where every reader agrees on their order: not for BOOLEAN,
 * not with NaN among the values, not for long strings.
 */
export function columnStatistics(column: Column, { values }: ColumnBuffer, rows: number): ColumnStatistics {
  const null_count = rows - values.length;
  if (values.length === 0 || column.type === 'BOOLEAN') return { null_count };
  if (column.type === 'UTF8') return { null_count, ...stringRange(values as readonly string[]) };
  const range = numberRange(values as ArrayLike<number>);
  if (range === null) return { null_count };
  const [min, max] = range.map((value) => plain(column, value));
  return { null_count, min, max, min_value: min, max_value: max };
}

function numberRange(values: ArrayLike<number>): [number, number] | null {
  let [min, max] = [Infinity, -Infinity];
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value !== value) return null;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return [min === 0 ? -0 : min, max === 0 ? 0 : max]; // the format's rule for the two zeros
}

function plain(column: Column, value: number): Buffer {
  const bytes = Buffer.alloc(column.type === 'INT32' ? 4 : 8);
  if (column.type === 'INT32') bytes.writeInt32LE(value);
  else bytes.writeDoubleLE(value);
  return bytes;
}

/** By bytes, as readers compare; the older pair of fields has no agreed order for strings and stays empty. */
function stringRange(values: readonly string[]): Partial<ColumnStatistics> {
  const distinct = [...new Set(values)].map((value) => Buffer.from(value));
  if (distinct.some((bytes) => bytes.length > MAX_STATISTIC_BYTES)) return {};
  distinct.sort(Buffer.compare);
  return { min_value: distinct[0], max_value: distinct[distinct.length - 1] };
}
