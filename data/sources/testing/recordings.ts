import {
  Field,
  FixedSizeList,
  Float32,
  Float64,
  Int32,
  Int64,
  List,
  Schema,
  Table,
  tableToIPC,
  vectorFromArray,
  type DataType,
} from 'apache-arrow';
import { Compression, Table as WasmTable, WriterPropertiesBuilder, writeParquet } from 'parquet-wasm';
import { recordingSource } from '../recording.js';
import { collect, inChunks, tempFile } from './bytes.js';

/** One row as a test writes it; `undefined` leaves a column out, null is a null. */
export type Row = Record<string, number | readonly number[] | null>;

/** Numbers that tell where they belong: stream, pos, layer, head, column, index. */
export function vector(row: Row, column: number, d: number): number[] {
  const place = [row.stream_id, row.pos, row.layer, row.head].map(Number);
  const base = place.reduce((sum, part) => sum * 16 + part, 0) * 8 + column;
  return Array.from({ length: d }, (_, t) => base + t / 16);
}

/** Rows of a good recording, in the usual order: pos, stream, layer, head. */
export function makeRows({ n = 4, streams = 1, layers = 2, heads = 3, d = 4, order = 'tensor' } = {}): Row[] {
  const rows: Row[] = [];
  for (let pos = 0; pos < n; pos++)
    for (let stream_id = 0; stream_id < streams; stream_id++)
      for (let layer = 0; layer < layers; layer++)
        for (let head = 0; head < heads; head++) {
          const row: Row = { stream_id, pos, token_id: pos + 100, layer, head };
          const columns = order === 'tensor' ? ['q', 'k1', 'k2', 'v1', 'v2'] : ['q', 'k1', 'v1'];
          rows.push({ ...row, ...Object.fromEntries(columns.map((name, i) => [name, vector(row, i, d)])) });
        }
  return rows;
}

/** How vectors are stored. */
export type Lists = 'fixed' | 'list' | 'double';

/** Rows as an Arrow table of batches of `batch` rows. Vectors are the columns that hold arrays. */
export function toTable(
  rows: readonly Row[],
  {
    batch = 7,
    lists = 'fixed' as Lists,
    metadata = new Map<string, string>(),
    types = {} as Record<string, DataType>,
  } = {},
): Table {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const d = rows.map(({ q }) => (Array.isArray(q) ? q.length : 0)).find((length) => length > 0) ?? 1;
  const typeOf = (name: string): DataType => {
    if (types[name]) return types[name];
    if (!rows.some((row) => Array.isArray(row[name])) && !/^[qkv][12]?$/.test(name))
      return name === 'pos' ? new Int64() : new Int32();
    if (lists === 'fixed') return new FixedSizeList(d, new Field('item', new Float32()));
    return new List(new Field('item', lists === 'list' ? new Float32() : new Float64()));
  };
  const cell = (name: string, row: Row) =>
    name === 'pos' && types.pos === undefined ? BigInt(row[name] as number) : (row[name] ?? null);
  const schema = new Schema(
    names.map((name) => new Field(name, typeOf(name), true)),
    metadata,
  );
  const batches = [];
  for (let at = 0; at === 0 || at < rows.length; at += batch) {
    const some = rows.slice(at, at + batch);
    const columns = names.map((name) => [
      name,
      vectorFromArray(
        some.map((row) => cell(name, row)),
        typeOf(name),
      ),
    ]);
    batches.push(...new Table(schema, Object.fromEntries(columns) as never).batches);
  }
  return new Table(schema, batches);
}

/** A file of each container. */
export const CONTAINERS = {
  parquet: (table: Table, rowGroup = 16) => toParquet(table, rowGroup),
  'arrow-file': (table: Table) => tableToIPC(table, 'file'),
  'arrow-stream': (table: Table) => tableToIPC(table, 'stream'),
};

function toParquet(table: Table, rowGroup: number): Uint8Array {
  const wasm = WasmTable.fromIPCStream(tableToIPC(table, 'stream'));
  const properties = new WriterPropertiesBuilder()
    .setCompression(Compression.UNCOMPRESSED)
    .setDictionaryEnabled(false)
    .setMaxRowGroupSize(rowGroup)
    .setKeyValueMetadata(new Map(table.schema.metadata))
    .build();
  return writeParquet(wasm, properties);
}

/** The recording source of a file with these rows. */
export async function sourceOf(
  rows: readonly Row[],
  options: Parameters<typeof toTable>[1] = {},
  format: keyof typeof CONTAINERS = 'arrow-stream',
) {
  const path = await tempFile(`rows.${format}`, CONTAINERS[format](toTable(rows, options)));
  return { path, source: openSource(path) };
}

/** The recording source of a path. */
export function openSource(path: string) {
  const source = recordingSource({ path })({ seed: 1, stdin: inChunks(new Uint8Array(0)) });
  if (source.kind !== 'entries') throw new RangeError('a recording brings entries');
  return source;
}

/** All steps of these rows, read back. */
export async function replay(...parameters: Parameters<typeof sourceOf>) {
  return collect((await sourceOf(...parameters)).source.open());
}
