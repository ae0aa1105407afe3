import { DataType, TimeUnit, type Data, type RecordBatch, type Schema } from 'apache-arrow';
import { didYouMean } from '../../src/core/nearest.js';
import { badRecording } from './recording-format.js';
import { badCell, nullAt, type Place } from './recording-place.js';
import { addBias, isVector, readVectors } from './recording-vectors.js';
import { ownersOf } from './shared-heads.js';

const IDS = ['stream_id', 'pos', 'layer', 'head'] as const;
/** Columns that say which row it is. */
export const ID_COLUMNS: readonly string[] = IDS;
const VECTORS = ['q', 'k1', 'v1'] as const;
const SIDE_2 = ['k2', 'v2'] as const;

/** Traces store ids and positions as INT32. */
const MAX_ID = 2 ** 31 - 1;

/** Columns that a replay reads; others (text, …) may be there and are left alone. */
export const READ_COLUMNS = [...IDS, 'token_id', 't_ns', ...VECTORS, ...SIDE_2] as const;

type IdColumn = (typeof IDS)[number];
type VectorColumn = (typeof VECTORS)[number] | (typeof SIDE_2)[number];

/** What the metadata says that changes how rows are read. */
export interface ReadingRules {
  readonly kvHeads: readonly number[] | null;
  readonly k2Bias: number | null;
  readonly v2Bias: number | null;
}

/**
 * The rows of a batch, checked. A vector column is (rows × d); k2 and v2 are null in matrix order. Where heads
 * share keys and values, rows that hold none have zeros in k1, k2, v1, v2; `owners` says where to look.
 */
export interface RecordingBatch {
  readonly rows: number;
  /** Row of the file that is row 0 here. */
  readonly firstRow: number;
  readonly d: number;
  /** Of every query head the head that holds its keys and values; null: each holds its own. */
  readonly owners: readonly number[] | null;
  readonly ids: Readonly<Record<IdColumn, Float64Array>>;
  /** NaN where there is none. */
  readonly tokenIds: Float64Array | null;
  /** Column t_ns, NaN where there is none; absent or null for a recording without times. */
  readonly times?: Float64Array | null;
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
    if (DataType.isNull(type) || name === 't_ns' || !(READ_COLUMNS as readonly string[]).includes(name))
      continue;
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
 * Take the columns of a batch as typed arrays: views where they hold float32, copies for float64 and where
 * heads share keys. `expected` is the batch before, which must have the same d and order.
 *
 * @throws Failure `bad-recording` naming row and column: null, wrong length, NaN or Inf, k2 without v2
 */
export function readBatch(
  path: string,
  batch: RecordBatch,
  firstRow: number,
  { kvHeads, k2Bias, v2Bias }: ReadingRules,
  expected: RecordingBatch | null,
): RecordingBatch {
  const rows = batch.numRows;
  const data = (name: string) => (batch.getChild(name)?.data[0] as Data | undefined) ?? null;
  const at: Place = { path, firstRow, rows };
  const ids = Object.fromEntries(
    IDS.map((name) => [name, readIds(at, name, data(name), false)]),
  ) as RecordingBatch['ids'];
  const q = readVectors(at, 'q', data('q'), expected?.d ?? null, null);
  if (q === null) throw nullAt(at, 'q', 0);
  const d = q.length / rows;
  const owners = kvHeads === null ? null : ownersOf(kvHeads);
  const holds = owners === null ? null : holders(at, ids.head, owners);
  const empty = holds !== null && !holds.includes(1); // every head here shares those of rows in other batches
  const read = (name: Exclude<VectorColumn, 'q'>) =>
    empty
      ? expected?.vectors[name] && new Float32Array(q.length)
      : readVectors(at, name, data(name), d, holds);
  const required = { k1: read('k1') ?? null, v1: read('v1') ?? null };
  for (const name of ['k1', 'v1'] as const) if (required[name] === null) throw nullAt(at, name, 0);
  const side2 = { k2: addBias(read('k2') ?? null, k2Bias), v2: addBias(read('v2') ?? null, v2Bias) };
  checkOrder(at, side2, expected);
  const tokens = data('token_id');
  return {
    rows,
    firstRow,
    d,
    owners,
    ids,
    tokenIds: tokens === null || DataType.isNull(tokens.type) ? null : readIds(at, 'token_id', tokens, true),
    times: readTimes(at, data('t_ns')),
    vectors: { q, ...(required as Record<'k1' | 'v1', Float32Array>), ...side2 },
  };
}

/** Of every row 1 if its head holds keys and values, 0 if it shares those of another head. */
function holders(at: Place, heads: Float64Array, owners: readonly number[]): Uint8Array {
  return Uint8Array.from(heads, (head, row) => {
    if (head < owners.length) return owners[head] === head ? 1 : 0;
    const hint = 'correct the key, or drop it when every head has keys of its own';
    throw badCell(at, 'head', row, `is ${head}, but kronflow.kv_heads names ${owners.length} heads`, hint);
  });
}

/** The id columns of a batch that was read with `ID_COLUMNS`. */
export function readIdColumns(path: string, batch: RecordBatch): RecordingBatch['ids'] {
  const at: Place = { path, firstRow: 0, rows: batch.numRows };
  const data = (name: string) => (batch.getChild(name)?.data[0] as Data | undefined) ?? null;
  return Object.fromEntries(
    IDS.map((name) => [name, readIds(at, name, data(name), false)]),
  ) as RecordingBatch['ids'];
}

/** Only `--speed` needs times: a column that holds anything but numbers of nanoseconds is as good as none. */
function readTimes(at: Place, data: Data | null): Float64Array | null {
  if (data === null) return null;
  const { type } = data;
  const isNs = DataType.isTimestamp(type) && type.unit === TimeUnit.NANOSECOND;
  const isFloat = DataType.isFloat(type) && (type.ArrayType as unknown) !== Uint16Array; // float16 arrives as raw bits
  if (!isNs && !isFloat && !DataType.isInt(type)) return null;
  const values = data.values as ArrayLike<number | bigint>;
  return Float64Array.from({ length: at.rows }, (_, i) =>
    data.nullCount > 0 && !data.getValid(i) ? NaN : Number(values[i]),
  );
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
