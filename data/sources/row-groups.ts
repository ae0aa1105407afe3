import { decodeThrift, type ThriftStruct } from './thrift-compact.js';

/** The least and the largest value of some columns in a row group; a column whose values are not known is absent. */
export type ColumnRanges = ReadonlyMap<string, readonly [min: number, max: number]>;

/** One row group of a Parquet file. */
export interface RowGroup {
  readonly index: number;
  readonly firstRow: number;
  readonly rows: number;
  readonly ranges: ColumnRanges;
}

// parquet.thrift: FileMetaData, RowGroup, ColumnChunk, ColumnMetaData, Statistics
const FILE = { rowGroups: 4 };
const GROUP = { columns: 1, rows: 3 };
const CHUNK = { metadata: 3 };
const COLUMN = { type: 1, path: 3, statistics: 12 };
const STATISTICS = { oldMax: 1, oldMin: 2, max: 5, min: 6 };
const [INT32, INT64] = [1, 2];

/**
 * The row groups of a Parquet file and what their statistics say of integer columns, from its footer (without the length and
 * `PAR1` behind it). parquet-wasm does not tell.
 * @throws RangeError for a footer that makes no sense
 */
export function rowGroups(footer: Buffer): readonly RowGroup[] {
  let firstRow = 0;
  return structs(decodeThrift(footer).get(FILE.rowGroups)).map((group, index) => {
    const rows = Number(group.get(GROUP.rows));
    const ranges = structs(group.get(GROUP.columns)).flatMap((chunk) => rangeOf(chunk) ?? []);
    const made = { index, firstRow, rows, ranges: new Map(ranges.map(([name, range]) => [name, range])) };
    firstRow += rows;
    return made;
  });
}

function structs(value: unknown): readonly ThriftStruct[] {
  if (!Array.isArray(value)) throw new RangeError('parquet footer: a list is missing');
  return value as ThriftStruct[];
}

function rangeOf(chunk: ThriftStruct): readonly (readonly [string, readonly [number, number]])[] | null {
  const column = chunk.get(CHUNK.metadata) as ThriftStruct | undefined;
  const statistics = column?.get(COLUMN.statistics) as ThriftStruct | undefined;
  if (column === undefined || statistics === undefined) return null;
  const name = (column.get(COLUMN.path) as readonly Buffer[]).map(String).join('.');
  const [min, max] = [
    integer(column, statistics.get(STATISTICS.min) ?? statistics.get(STATISTICS.oldMin)),
    integer(column, statistics.get(STATISTICS.max) ?? statistics.get(STATISTICS.oldMax)),
  ];
  return min === null || max === null || min < 0 || max < min ? null : [[name, [min, max]]]; // negative: unsigned, or no id
}

function integer(column: ThriftStruct, bytes: unknown): number | null {
  const type = column.get(COLUMN.type);
  if (!Buffer.isBuffer(bytes)) return null;
  if (type === INT32 && bytes.length === 4) return bytes.readInt32LE();
  return type === INT64 && bytes.length === 8 ? Number(bytes.readBigInt64LE()) : null;
}
