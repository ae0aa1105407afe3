import * as arrow from 'apache-arrow';
import type { Column, Columns } from '../schemas/column.js';
import type { ColumnData, TableData } from './column-data.js';

/** The Arrow schema of a table; vectors are FixedSizeList<Float32>[d]. */
export function arrowSchema(
  columns: Columns,
  d: number,
  metadata: ReadonlyMap<string, string> = new Map(),
): arrow.Schema {
  const fields = Object.entries(columns).map(
    ([name, column]) => new arrow.Field(name, arrowType(column, d), column.nullable),
  );
  return new arrow.Schema(fields, new Map(metadata));
}

function arrowType({ type }: Column, d: number): arrow.DataType {
  switch (type) {
    case 'INT32':
      return new arrow.Int32();
    case 'DOUBLE':
      return new arrow.Float64();
    case 'BOOLEAN':
      return new arrow.Bool();
    case 'UTF8':
      return new arrow.Utf8();
    case 'VECTOR':
      return new arrow.FixedSizeList(d, new arrow.Field('item', new arrow.Float32(), false));
  }
}

/** `rows` rows as one Arrow batch. Numbers are not copied: the batch is valid as long as `data` is unchanged. */
export function toRecordBatch(schema: arrow.Schema, data: TableData, rows: number): arrow.RecordBatch {
  const children = schema.fields.map(({ name, type }) => toArrowData(type, data[name], rows));
  const type = new arrow.Struct(schema.fields);
  return new arrow.RecordBatch(schema, arrow.makeData({ type, length: rows, nullCount: 0, children }));
}

function toArrowData(type: arrow.DataType, { values, valid }: ColumnData, length: number): arrow.Data {
  const nullBitmap = valid === null ? null : packBits(valid, length);
  const nullCount = valid === null ? 0 : length - valid.reduce((sum, bit) => sum + bit, 0);
  const common = { length, nullCount, nullBitmap };
  if (arrow.DataType.isUtf8(type)) {
    return arrow.makeData({ type, ...common, ...packStrings(values as readonly string[], length) });
  }
  if (arrow.DataType.isBool(type)) {
    return arrow.makeData({ type, ...common, data: packBits(values as Uint8Array, length) });
  }
  if (arrow.DataType.isFixedSizeList(type)) {
    const child = arrow.makeData({ type: new arrow.Float32(), data: values as Float32Array });
    return arrow.makeData({ type, length, nullCount: 0, child });
  }
  if (arrow.DataType.isInt(type)) return arrow.makeData({ type, ...common, data: values as Int32Array });
  return arrow.makeData({ type: type as arrow.Float64, ...common, data: values as Float64Array });
}

/** Least significant bit first, as Arrow wants it. */
function packBits(bytes: Uint8Array, length: number): Uint8Array {
  const bits = new Uint8Array((length + 7) >> 3);
  for (let i = 0; i < length; i++) bits[i >> 3] |= bytes[i] << (i & 7);
  return bits;
}

function packStrings(strings: readonly string[], length: number) {
  const valueOffsets = new Int32Array(length + 1);
  for (let i = 0; i < length; i++) valueOffsets[i + 1] = valueOffsets[i] + Buffer.byteLength(strings[i]);
  const data = Buffer.allocUnsafeSlow(valueOffsets[length]);
  for (let i = 0; i < length; i++) data.write(strings[i], valueOffsets[i]);
  return { valueOffsets, data: new Uint8Array(data.buffer, 0, data.length) };
}

/** The columns of a batch as `ColumnData`; numbers are views on the batch's own memory. */
export function fromRecordBatch(batch: arrow.RecordBatch): TableData {
  return Object.fromEntries(
    batch.schema.fields.map(({ name, type }, i) => [name, fromArrowData(type, batch.data.children[i])]),
  );
}

function fromArrowData(type: arrow.DataType, data: arrow.Data): ColumnData {
  if (data.offset !== 0) throw new RangeError('sliced Arrow batches are not supported');
  const { length } = data;
  const valid = data.nullCount === 0 ? null : unpackBits(data.nullBitmap, length);
  if (arrow.DataType.isUtf8(type)) return { values: unpackStrings(data, length), valid };
  if (arrow.DataType.isBool(type)) return { values: unpackBits(data.values as Uint8Array, length), valid };
  if (arrow.DataType.isFixedSizeList(type)) {
    const child = data.children[0].values as Float32Array;
    return { values: child.subarray(0, length * type.listSize), valid };
  }
  return { values: (data.values as Int32Array | Float64Array).subarray(0, length), valid };
}

function unpackBits(bits: Uint8Array, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = (bits[i >> 3] >> (i & 7)) & 1;
  return bytes;
}

function unpackStrings({ valueOffsets, values }: arrow.Data, length: number): string[] {
  const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  const strings = new Array<string>(length);
  for (let i = 0; i < length; i++) strings[i] = bytes.toString('utf8', valueOffsets[i], valueOffsets[i + 1]);
  return strings;
}
