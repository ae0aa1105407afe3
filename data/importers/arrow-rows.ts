import { DataType, Field, Float32, Int32, makeData, Schema, type Data, type RecordBatch } from 'apache-arrow';
import {
  checkSchema,
  readBatch,
  type ReadingRules,
  type RecordingBatch,
} from '../sources/recording-columns.js';
import { orDamaged, type RecordingFile } from '../sources/recording-format.js';
import { decodeFloats } from './floats.js';
import { requireVectors } from './json-rows.js';
import { columnMap } from './row-columns.js';

const DEFAULTED = ['stream_id', 'layer', 'head'] as const;

/** Rows of Parquet or Arrow as batches, whatever the columns are called; stream, layer and head are 0 if missing. */
export async function* arrowBatches(
  path: string,
  file: RecordingFile,
  map: string | null,
  kvHeads: readonly number[] | null,
): AsyncGenerator<RecordingBatch> {
  const names = file.schema.fields.map(({ name }) => name);
  const columns = requireVectors(path, columnMap(names, map));
  const ours = new Map([...columns].map(([name, theirs]) => [theirs, name]));
  orDamaged(path, () => checkSchema(path, renamed(file.schema, ours)));
  const rules: ReadingRules = { kvHeads, k2Bias: null, v2Bias: null }; // biases are carried, not added
  let firstRow = 0;
  let before: RecordingBatch | null = null;
  for await (const batch of file.batches([...columns.values()])) {
    if (batch.numRows === 0) continue;
    const view = orDamaged(path, () => rename(batch, columns));
    const read: RecordingBatch = orDamaged(path, () => readBatch(path, view, firstRow, rules, before));
    yield read;
    before = read;
    firstRow += read.rows;
  }
}

/** The schema under our names; half precision counts as single, which `rename` makes of it. */
function renamed(schema: Schema, ours: ReadonlyMap<string, string>): Schema {
  const known = schema.fields
    .filter(({ name }) => ours.has(name))
    .map(({ name, type }) => new Field(ours.get(name)!, isHalfList(type) ? withFloat32(type) : type, true));
  const missing = DEFAULTED.filter((name) => !known.some((field) => field.name === name));
  return new Schema([...missing.map((name) => new Field(name, new Int32(), false)), ...known]);
}

/** A batch that answers to our names: only what `readBatch` asks of one. */
function rename(batch: RecordBatch, columns: ReturnType<typeof columnMap>): RecordBatch {
  const rows = batch.numRows;
  const zeros = makeData({ type: new Int32(), length: rows, nullCount: 0, data: new Int32Array(rows) });
  const child = (name: string) => {
    const theirs = columns.get(name as 'q');
    if (theirs === undefined)
      return (DEFAULTED as readonly string[]).includes(name) ? { data: [zeros] } : null;
    const data = batch.getChild(theirs)?.data[0] as Data | undefined;
    if (data === undefined) return null;
    return { data: [isHalfList(data.type) ? widened(data) : data] };
  };
  return { numRows: rows, getChild: child } as unknown as RecordBatch;
}

function isHalfList(type: DataType): boolean {
  if (!DataType.isFixedSizeList(type) && !DataType.isList(type) && !DataType.isLargeList(type)) return false;
  const number: unknown = type.children[0].type;
  return DataType.isFloat(number) && number.ArrayType === Uint16Array;
}

function withFloat32<T extends DataType>(type: T): T {
  const [{ name, nullable }] = type.children as Field[];
  const copy = Object.create(
    Object.getPrototypeOf(type) as object,
    Object.getOwnPropertyDescriptors(type),
  ) as T;
  Object.defineProperty(copy, 'children', { value: [new Field(name, new Float32(), nullable)] });
  return copy;
}

/** A list of halves as a list of float32. */
function widened(data: Data): Data {
  const [halves] = data.children as Data[];
  const stored = halves.values as Uint16Array;
  const values = new Float32Array(stored.length);
  decodeFloats(new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength), 'f16', false, values);
  const { length, nullCount, nullBitmap } = halves;
  const child = makeData({ type: new Float32(), length, nullCount, nullBitmap, data: values });
  const copy = Object.create(
    Object.getPrototypeOf(data) as object,
    Object.getOwnPropertyDescriptors(data),
  ) as Data;
  Object.defineProperty(copy, 'type', { value: withFloat32(data.type as DataType) });
  Object.defineProperty(copy, 'children', { value: [child] });
  return copy;
}
