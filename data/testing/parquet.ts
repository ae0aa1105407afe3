import { queryDuckDB } from './duckdb.js';
import type { Column, ColumnType, Columns } from '../schemas/column.js';
import type { ColumnData, TableData } from '../sinks/column-data.js';
import { narrowParquet, type NarrowOptions } from '../sinks/narrow-parquet.js';
import { writeWhole, type Written } from '../sinks/out-file.js';

/** A column of some type. */
export function column(type: ColumnType, nullable = false): Column {
  return { type, nullable, unit: '1', doc: 'test' };
}

/** Column data from values and, perhaps, a mask. */
export function all(values: ColumnData['values'], valid: Uint8Array | null = null): ColumnData {
  return { values, valid };
}

/** Write pieces as one narrow Parquet file. */
export function writeNarrow(
  path: string,
  columns: Columns,
  pieces: readonly (readonly [data: TableData, rows: number])[],
  options: Partial<NarrowOptions> = {},
): Promise<Written> {
  return writeWhole(path, async (file) => {
    const writer = narrowParquet(file, { table: 't', columns, metadata: new Map(), ...options });
    for (const [data, rows] of pieces) await writer.append(data, rows);
    await writer.finish();
  });
}

/** All rows of a Parquet file, as DuckDB reads them. */
export function readParquet(path: string, select = '*'): Promise<readonly Record<string, unknown>[]> {
  return queryDuckDB(`select ${select} from read_parquet('${path}')`);
}
