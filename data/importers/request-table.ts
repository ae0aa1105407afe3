import * as arrow from 'apache-arrow';
import { requestColumns, type RequestColumnType, type RequestRow } from '../schemas/requests.js';
import { SCHEMA_VERSION } from '../schemas/tables.js';

const TYPES: Readonly<Record<RequestColumnType, () => arrow.DataType>> = {
  INT32: () => new arrow.Int32(),
  DOUBLE: () => new arrow.Float64(),
  UTF8: () => new arrow.Utf8(),
  INT32_LIST: () => new arrow.List(new arrow.Field('item', new arrow.Int32(), false)),
};

/** The schema of a requests table; `told` goes into its metadata under `kronflow.*`. */
export function requestSchema(told: Readonly<Record<string, string>>): arrow.Schema {
  const columns = Object.entries(requestColumns);
  const metadata = new Map([
    ['kronflow.schema_version', String(SCHEMA_VERSION)],
    ['kronflow.table', 'requests'],
    ...Object.entries(told).map(([key, value]) => [`kronflow.${key}`, value] as const),
    ...columns.map(([name, { unit }]) => [`unit.${name}`, unit] as const),
  ]);
  const fields = columns.map(([name, { type, nullable }]) => new arrow.Field(name, TYPES[type](), nullable));
  return new arrow.Schema(fields, metadata);
}

/** Rows as an Arrow batch; `firstId` is the request_id of the first. */
export function requestBatch(
  schema: arrow.Schema,
  rows: readonly RequestRow[],
  firstId: number,
): arrow.RecordBatch {
  const length = rows.length;
  const children = schema.fields.map(({ name, type }) => {
    const values = rows.map((row, i) =>
      name === 'request_id' ? firstId + i : row[name as keyof RequestRow],
    );
    const nullBitmap = new Uint8Array((length + 7) >> 3);
    let nullCount = 0;
    values.forEach((value, i) => {
      if (value === null) nullCount++;
      else nullBitmap[i >> 3] |= 1 << (i & 7);
    });
    const common = { length, nullCount, nullBitmap: nullCount === 0 ? null : nullBitmap };
    if (arrow.DataType.isInt(type))
      return arrow.makeData({ type, ...common, data: Int32Array.from(values as number[]) });
    if (arrow.DataType.isFloat(type))
      return arrow.makeData({
        type: new arrow.Float64(),
        ...common,
        data: Float64Array.from(values as number[]),
      });
    if (arrow.DataType.isUtf8(type)) {
      const texts = values.map((value) => Buffer.from((value as string | null) ?? ''));
      return arrow.makeData({
        type,
        ...common,
        valueOffsets: offsets(texts),
        data: new Uint8Array(Buffer.concat(texts)),
      });
    }
    const lists = values.map((value) => (value as readonly number[] | null) ?? []);
    const numbers = Int32Array.from(lists.flat());
    const child = arrow.makeData({
      type: new arrow.Int32(),
      length: numbers.length,
      nullCount: 0,
      data: numbers,
    });
    return arrow.makeData({
      type: type as arrow.List<arrow.Int32>,
      ...common,
      valueOffsets: offsets(lists),
      child,
    });
  });
  const type = new arrow.Struct(schema.fields);
  return new arrow.RecordBatch(schema, arrow.makeData({ type, length, nullCount: 0, children }));
}

function offsets(items: readonly { readonly length: number }[]): Int32Array {
  const all = new Int32Array(items.length + 1);
  items.forEach((item, i) => (all[i + 1] = all[i] + item.length));
  return all;
}
