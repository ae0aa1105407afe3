import { DataType, type Data, type FixedSizeList, type RecordBatch, type Schema } from 'apache-arrow';
import { didYouMean } from '../../src/core/nearest.js';
import { badRecording } from './recording-format.js';

const IDS = ['stream_id', 'pos', 'layer', 'head'] as const;
const VECTORS = ['q', 'k1', 'v1'] as const;
const SIDE_2 = ['k2', 'v2'] as const;

/** Traces store ids and positions as INT32. */
const MAX_ID = 2 ** 31 - 1;

/** Columns that a replay reads; others (text, t_ns, …) may be there and are left alone. */
export const READ_COLUMNS = [...IDS, 'token_id', ...VECTORS, ...SIDE_2] as const;

type IdColumn = (typeof IDS)[number];
type VectorColumn = (typeof VECTORS)[number] | (typeof SIDE_2)[number];

/** The rows of a batch, checked. A vector column is (rows × d); k2 and v2 are null in matrix order. */
export interface RecordingBatch {
  readonly rows: number;
  /** Row of the file that is row 0 here. */
  readonly firstRow: number;
  readonly d: number;
  readonly ids: Readonly<Record<IdColumn, Float64Array>>;
  /** NaN where there is none. */
  readonly tokenIds: Float64Array | null;
  readonly vectors: Readonly<Record<(typeof VECTORS)[number], Float32Array>> &
    Readonly<Record<(typeof SIDE_2)[number], Float32Array | null>>;
}

/**
 * Check names and types before any row is read.
 *
 * @throws Failure `bad-recording` naming the column, its type and the nearest names
 */
export function checkSchema(path: string, schema: Schema): void {
  const names = schema.fields.map(({ name }) => name);
  for (const name of [...IDS, ...VECTORS, ...SIDE_2.filter((_, i) => names.includes(SIDE_2[1 - i]))]) {
    if (names.includes(name)) continue;
    throw badRecording(path, `column ${name} is missing`, didYouMean(name, names));
  }
  for (const { name, type } of schema.fields) {
    if (DataType.isNull(type) || !(READ_COLUMNS as readonly string[]).includes(name)) continue;
    const isId = name === 'token_id' || (IDS as readonly string[]).includes(name);
    if (isId ? DataType.isInt(type) : isVector(type)) continue;
    throw badRecording(
      path,
      `column ${name} is ${String(type)}`,
      isId
        ? 'it must hold integers; cast it'
        : 'it must hold lists of d floats (FixedSizeList<Float32>); cast it',
    );
  }
}

/**
 * Take the columns of a batch as typed arrays: views where they hold float32, copies for float64.
 * `expected` is the batch before, which must have the same d and order.
 *
 * @throws Failure `bad-recording` naming row and column: null, wrong length, NaN or Inf, k2 without v2
 */
export function readBatch(
  path: string,
  batch: RecordBatch,
  firstRow: number,
  expected: RecordingBatch | null,
): RecordingBatch {
  const rows = batch.numRows;
  const data = (name: string) => (batch.getChild(name)?.data[0] as Data | undefined) ?? null;
  const at: Place = { path, firstRow, rows };
  const ids = Object.fromEntries(IDS.map((name) => [name, readIds(at, name, data(name), false)]));
  const q = readVectors(at, 'q', data('q'), expected?.d ?? null);
  const d = q === null ? 0 : q.length / rows;
  const read = (name: VectorColumn) => readVectors(at, name, data(name), d);
  const required = { q, k1: read('k1'), v1: read('v1') };
  for (const name of VECTORS) if (required[name] === null) throw nullAt(at, name, 0);
  const side2 = { k2: read('k2'), v2: read('v2') };
  checkOrder(at, side2, expected);
  const tokens = data('token_id');
  return {
    rows,
    firstRow,
    d,
    ids: ids as Record<IdColumn, Float64Array>,
    tokenIds: tokens === null || DataType.isNull(tokens.type) ? null : readIds(at, 'token_id', tokens, true),
    vectors: { ...(required as Record<(typeof VECTORS)[number], Float32Array>), ...side2 },
  };
}

/** Where a batch lies, for messages. Rows count from 0. */
interface Place {
  readonly path: string;
  readonly firstRow: number;
  readonly rows: number;
}

function isVector(type: DataType): boolean {
  if (!DataType.isFixedSizeList(type) && !DataType.isList(type) && !DataType.isLargeList(type)) return false;
  const number: unknown = type.children[0].type;
  return DataType.isFloat(number) && number.ArrayType !== Uint16Array; // float16 arrives as raw bits
}

function readIds(at: Place, column: string, data: Data | null, nullable: boolean): Float64Array {
  if (data === null || DataType.isNull(data.type)) throw nullAt(at, column, 0);
  const ids = new Float64Array(at.rows);
  const values = data.values as ArrayLike<number | bigint>;
  for (let i = 0; i < at.rows; i++) {
    const missing = data.nullCount > 0 && !data.getValid(i);
    if (missing && !nullable) throw nullAt(at, column, i);
    ids[i] = missing ? NaN : Number(values[i]);
    if (ids[i] < 0 || ids[i] > MAX_ID) {
      throw badCell(at, column, i, `is ${values[i]}`, `ids and positions are 0 to ${MAX_ID}: renumber them`);
    }
  }
  return ids;
}

/** (rows × d); null if every row is null. `d` null: that of the first row. */
function readVectors(
  at: Place,
  column: VectorColumn,
  data: Data | null,
  d: number | null,
): Float32Array | null {
  if (data === null || DataType.isNull(data.type) || data.nullCount === at.rows) return null;
  if (data.nullCount > 0) throw nullAt(at, column, firstInvalid(data));
  const [child] = data.children as Data[];
  const offsets = DataType.isFixedSizeList(data.type)
    ? null
    : (data.valueOffsets as unknown as ArrayLike<number>);
  const offset = (i: number) =>
    offsets === null ? i * (data.type as FixedSizeList).listSize : Number(offsets[i]);
  const length = d ?? offset(1) - offset(0);
  for (let i = 0; i < at.rows; i++) {
    const found = offset(i + 1) - offset(i);
    if (found === length && found > 0) continue;
    throw badCell(
      at,
      column,
      i,
      `has ${found} numbers`,
      d === null && i === 0 ? 'd must be at least 1' : `all vectors must have d = ${length}`,
    );
  }
  if (child.nullCount > 0)
    throw badCell(
      at,
      column,
      Math.floor(firstInvalid(child) / length),
      'holds a null',
      'every vector needs d numbers',
    );
  const stored = (child.values as Float32Array | Float64Array).subarray(offset(0), offset(at.rows));
  const values = stored instanceof Float32Array ? stored : Float32Array.from(stored);
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i])) continue;
    const what = `holds ${stored[i]} at index ${i % length}`;
    throw badCell(at, column, Math.floor(i / length), what, 'vectors must be finite float32 numbers');
  }
  return values;
}

type Side2 = Pick<RecordingBatch['vectors'], 'k2' | 'v2'>;

function checkOrder(at: Place, { k2, v2 }: Side2, expected: RecordingBatch | null): void {
  const hint = 'give both k2 and v2 in every row (tensor order) or in none (matrix order)';
  if ((k2 === null) !== (v2 === null)) {
    throw badCell(
      at,
      k2 === null ? 'k2' : 'v2',
      0,
      `is null where ${k2 === null ? 'v2' : 'k2'} is not`,
      hint,
    );
  }
  if (expected !== null && (expected.vectors.k2 === null) !== (k2 === null)) {
    throw badCell(at, 'k2', 0, `is ${k2 === null ? '' : 'not '}null, unlike in the rows before`, hint);
  }
}

function firstInvalid(data: Data): number {
  let i = 0;
  while (data.getValid(i)) i++;
  return i;
}

function nullAt(at: Place, column: string, row: number) {
  const side2 = (SIDE_2 as readonly string[]).includes(column);
  return badCell(
    at,
    column,
    row,
    'is null',
    side2 ? 'k2 and v2 are null in every row or in none' : 'every row needs it',
  );
}

function badCell(at: Place, column: string, row: number, what: string, hint: string) {
  return badRecording(at.path, `row ${at.firstRow + row} (from 0), column ${column} ${what}`, hint);
}
