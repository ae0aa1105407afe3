import type { Flatbuffer } from './flatbuffer.js';

const [MAX_FIELDS, MAX_DEPTH] = [10_000, 32];

/** What a field of an Arrow schema stores per row: its buffers, and its children. */
export interface ArrowField {
  readonly name: string;
  /** Bytes of each buffer after the validity bitmap, for n rows; null: any. */
  readonly buffers: readonly ((rows: number) => number)[];
  readonly hasValidity: boolean;
  /** Whether each batch says how many more buffers there are (views of text). */
  readonly variadic: boolean;
  readonly children: readonly ArrowField[];
  /** Rows that the children have at least, for n rows; 0 where offsets say it. */
  readonly childRows: (rows: number) => number;
  /** Of a dictionary: its id, and what it holds. */
  readonly dictionary: { readonly id: number; readonly values: ArrowField } | null;
}

const bits = (rows: number) => Math.ceil(rows / 8);
const wide = (bytes: number) => (rows: number) => bytes * rows;
const offsets = (bytes: number) => (rows: number) => (rows === 0 ? 0 : bytes * (rows + 1));
const any = () => 0;

/**
 * The fields of a Schema table, everything in it that a reader follows looked at once.
 * @throws RangeError for offsets outside, types that do not exist, and more fields than anybody has
 */
export function readFields(flat: Flatbuffer, schema: number): readonly ArrowField[] {
  let count = 0;
  const read = (table: number, depth: number): ArrowField => {
    if (++count > MAX_FIELDS || depth > MAX_DEPTH) throw new RangeError('more columns than can be read');
    checkMetadata(flat, table, 6);
    const { start, length } = flat.vector(table, 5, 4);
    const children = Array.from({ length }, (_, i) => read(flat.table(start + 4 * i), depth + 1));
    const stored = storage(flat, flat.int(table, 2, 'Uint8'), flat.tableField(table, 3), children);
    const name = flat.text(table, 0);
    const rest = { hasValidity: true, childRows: any, variadic: false, dictionary: null };
    const plain = { name, children, ...rest, ...stored };
    const encoding = flat.tableField(table, 4);
    if (encoding === null) return plain;
    const index = flat.tableField(encoding, 1);
    const width = index === null ? 4 : flat.int(index, 0, 'Int32') / 8;
    const dictionary = { id: flat.long(encoding, 0), values: plain };
    return { name, children: [], buffers: [wide(width)], ...rest, dictionary };
  };
  const { start, length } = flat.vector(schema, 1, 4);
  checkMetadata(flat, schema, 2);
  return Array.from({ length }, (_, i) => read(flat.table(start + 4 * i), 0));
}

/** Key/value metadata is read too. */
function checkMetadata(flat: Flatbuffer, table: number, index: number): void {
  const { start, length } = flat.vector(table, index, 4);
  for (let i = 0; i < length; i++) {
    const pair = flat.table(start + 4 * i);
    flat.vector(pair, 0, 1);
    flat.vector(pair, 1, 1);
  }
}

type Storage = Partial<Pick<ArrowField, 'hasValidity' | 'childRows' | 'variadic'>> &
  Pick<ArrowField, 'buffers'>;

/** Types by their number in Schema.fbs. */
function storage(
  flat: Flatbuffer,
  kind: number,
  type: number | null,
  children: readonly ArrowField[],
): Storage {
  const int = (index: number, size: 'Int16' | 'Int32', otherwise: number) =>
    type === null ? otherwise : flat.int(type, index, size, otherwise);
  const needs = (count: number, made: Storage) => {
    if (children.length !== count)
      throw new RangeError(`a column of type ${kind} with ${children.length} children`);
    return made;
  };
  const size = (value: number, most: number) => {
    if (value < 0 || value > most) throw new RangeError(`a column of type ${kind} and size ${value}`);
    return value;
  };
  switch (kind) {
    case 1: // Null
      return { buffers: [], hasValidity: false };
    case 2: // Int
      return needs(0, { buffers: [wide(oneOf(int(0, 'Int32', 0), [8, 16, 32, 64]) / 8)] });
    case 3: // FloatingPoint: half, single, double
      return needs(0, { buffers: [wide(2 << oneOf(int(0, 'Int16', 0), [0, 1, 2]))] });
    case 4: // Binary
    case 5: // Utf8
      return needs(0, { buffers: [offsets(4), any] });
    case 6: // Bool
      return needs(0, { buffers: [bits] });
    case 7: // Decimal
      return needs(0, { buffers: [wide(size(int(2, 'Int32', 128), 256) / 8)] });
    case 8: // Date: days or milliseconds
      return needs(0, { buffers: [wide(int(0, 'Int16', 1) === 0 ? 4 : 8)] });
    case 9: // Time
      return needs(0, { buffers: [wide(oneOf(int(1, 'Int32', 32), [32, 64]) / 8)] });
    case 10: // Timestamp
    case 18: // Duration
      return needs(0, { buffers: [wide(8)] });
    case 11: // Interval: months; days and milliseconds; months, days and nanoseconds
      return needs(0, { buffers: [wide(4 << oneOf(int(0, 'Int16', 0), [0, 1, 2]))] });
    case 12: // List
    case 17: // Map
      return needs(1, { buffers: [offsets(4)] });
    case 13: // Struct
      return { buffers: [], childRows: (rows) => rows };
    case 15: // FixedSizeBinary
      return needs(0, { buffers: [wide(size(int(0, 'Int32', 0), 1 << 24))] });
    case 16: {
      // FixedSizeList
      const length = size(int(0, 'Int32', 0), 1 << 24);
      return needs(1, { buffers: [], childRows: (rows) => rows * length });
    }
    case 19: // LargeBinary
    case 20: // LargeUtf8
      return needs(0, { buffers: [offsets(8), any] });
    case 21: // LargeList
      return needs(1, { buffers: [offsets(8)] });
    case 23: // BinaryView
    case 24: // Utf8View, as polars writes text
      return needs(0, { buffers: [wide(16)], variadic: true });
    default:
      throw new RangeError(`a column of type ${kind}, which is not read`);
  }
}

function oneOf(value: number, allowed: readonly number[]): number {
  if (allowed.includes(value)) return value;
  throw new RangeError(`a column of width ${value}`);
}
