import { Table, tableToIPC, type Schema } from 'apache-arrow';
import * as parquet from 'parquet-wasm';
import type { Columns } from '../schemas/column.js';
import { arrowSchema, toRecordBatch } from './arrow-table.js';
import type { TableData } from './column-data.js';
import { orderMetadata } from './footer.js';
import type { OutFile } from './out-file.js';
import { tableBuffer } from './table-buffer.js';

const MAX_GROUP_ROWS = 8192;
const GROUP_BYTES = 32 << 20; // readers and the writer hold a row group several times over

/** Settings of a Parquet file with vectors. */
export interface VectorOptions {
  /** Name of the table, for messages. */
  readonly table: string;
  readonly columns: Columns;
  /** Length of all vectors. */
  readonly d: number;
  /** Key/value metadata of the file. */
  readonly metadata: ReadonlyMap<string, string>;
}

/** Pieces of a table in order; only one is held at a time. */
export type Pieces = AsyncIterable<{ readonly data: TableData; readonly rows: number }>;

/**
 * Write a table with vectors as Parquet: FixedSizeList<Float32>[d], zstd, no dictionaries (they make float files
 * larger). The bytes depend on the rows alone, not on how they are cut into pieces. Returns the rows written.
 *
 * @throws RangeError for data that does not fit the columns; Failure `disk-full` or `not-writable`
 */
export async function writeVectorParquet(
  file: OutFile,
  options: VectorOptions,
  pieces: Pieces,
): Promise<number> {
  const { columns, d, metadata } = options;
  const schema = arrowSchema(columns, d);
  const groups = regroup(options, pieces);
  let failed: { readonly error: unknown } | null = null;
  let rows = 0;
  const stream = new ReadableStream(
    {
      async pull(controller) {
        try {
          const { value, done } = await groups.next();
          if (done) return controller.close();
          rows += value.rows;
          controller.enqueue(toWasm(schema, value.data, value.rows));
        } catch (error) {
          failed ??= { error }; // parquet-wasm takes a failed source for its end and writes a valid, short file
          controller.close();
        }
      },
    },
    { highWaterMark: 1 },
  );
  const properties = new parquet.WriterPropertiesBuilder()
    .setCompression(parquet.Compression.ZSTD)
    .setDictionaryEnabled(false)
    .setMaxRowGroupSize(groupRows(columns, d))
    .setKeyValueMetadata(new Map(metadata))
    .build();
  try {
    const chunks = await parquet.transformParquetStream(stream, properties);
    let last: Uint8Array | null = null; // held back: it ends with the footer
    for await (const chunk of chunks as unknown as AsyncIterable<Uint8Array>) {
      if (failed !== null) break;
      if (last !== null) await file.write(last);
      last = chunk;
    }
    if (last !== null && failed === null) {
      orderMetadata(last, metadata);
      await file.write(last);
    }
  } catch (error) {
    throw failed === null ? error : (failed as { readonly error: unknown }).error;
  } finally {
    await groups.return(undefined);
  }
  if (failed !== null) throw (failed as { readonly error: unknown }).error;
  return rows;
}

/** Rows of a row group: at most 8192, fewer when vectors are long. It depends on nothing else. */
function groupRows(columns: Columns, d: number): number {
  const vectors = Object.values(columns).filter(({ type }) => type === 'VECTOR').length;
  return Math.max(1, Math.min(MAX_GROUP_ROWS, Math.floor(GROUP_BYTES / (4 * d * Math.max(1, vectors)))));
}

/** The same rows in groups of exactly `groupRows`; an empty table is one empty group, which carries the schema. */
async function* regroup({ table, columns, d }: VectorOptions, pieces: Pieces) {
  const size = groupRows(columns, d);
  const buffer = tableBuffer(table, columns, d);
  let groups = 0;
  for await (const { data, rows } of pieces) {
    for (let from = 0; from < rows;) {
      const to = Math.min(rows, from + size - buffer.rows);
      buffer.append(data, from, to);
      from = to;
      if (buffer.rows < size) continue;
      yield { data: buffer.view(), rows: size };
      groups++;
      buffer.truncate(0);
    }
  }
  if (buffer.rows > 0 || groups === 0) yield { data: buffer.view(), rows: buffer.rows };
}

/** Copies the rows into the memory of parquet-wasm. The stream frees the batch, we free the table around it. */
function toWasm(schema: Schema, data: TableData, rows: number): parquet.RecordBatch {
  const bytes = tableToIPC(new Table([toRecordBatch(schema, data, rows)]), 'stream');
  const table = parquet.Table.fromIPCStream(bytes);
  const batch = table.recordBatch(0);
  table.free();
  if (batch === undefined) throw new RangeError('parquet-wasm: a table without its batch');
  return batch;
}
