import { Table, tableToIPC, type RecordBatch, type Schema } from 'apache-arrow';
import * as parquet from 'parquet-wasm';
import { Failure } from '../../src/core/failure.js';
import { BatchEncoder } from '../sinks/batch-encoder.js';
import { orderMetadata } from '../sinks/footer.js';
import type { OutFile } from '../sinks/out-file.js';

const MAX_GROUP_ROWS = 65_536;
const GROUP_BYTES = 32 << 20; // the writer holds a row group several times over

/** How a table is written. */
export type TableFormat = 'arrow' | 'parquet';

/** The format that a file name asks for. @throws Failure `bad-option` for any other ending */
export function formatOf(path: string): TableFormat {
  if (/\.parquet$/i.test(path)) return 'parquet';
  if (/\.(arrows?|ipc)$/i.test(path)) return 'arrow';
  throw new Failure(
    'bad-option',
    `-o ${path}: its name does not say what to write`,
    'end it in .arrow (fast to write and to replay) or .parquet (small, opens in DuckDB)',
  );
}

/**
 * Write batches as an Arrow IPC stream or as Parquet, one batch in memory. Returns the rows written.
 *
 * @throws Failure `disk-full` or `not-writable`, and whatever `batches` throws
 */
export function writeTable(
  file: OutFile,
  format: TableFormat,
  schema: Schema,
  batches: AsyncIterable<RecordBatch>,
): Promise<number> {
  return format === 'arrow' ? writeArrow(file, batches) : writeParquet(file, schema, batches);
}

async function writeArrow(file: OutFile, batches: AsyncIterable<RecordBatch>): Promise<number> {
  const encoder = new BatchEncoder();
  const buffers = [Buffer.alloc(0), Buffer.alloc(0)]; // one is written while the other is filled
  let rows = 0;
  let turn = 0;
  let written: Promise<void> | null = null;
  try {
    for await (const batch of batches) {
      turn = 1 - turn;
      const parts = encoder.parts(batch);
      const length = parts.reduce((sum, part) => sum + part.length, 0);
      if (buffers[turn].length < length) buffers[turn] = Buffer.allocUnsafeSlow(length);
      let at = 0;
      for (const part of parts) {
        buffers[turn].set(part, at); // a copy: the next batch may be made while this one is written
        at += part.length;
      }
      rows += batch.numRows;
      await written;
      written = file.write(buffers[turn].subarray(0, length));
      written.catch(() => undefined); // it is awaited in the next round
    }
  } finally {
    await written;
  }
  await file.write(encoder.end());
  return rows;
}

async function writeParquet(
  file: OutFile,
  schema: Schema,
  batches: AsyncIterable<RecordBatch>,
): Promise<number> {
  const source = batches[Symbol.asyncIterator]();
  let failed: { readonly error: unknown } | null = null;
  let [rows, groupRows] = [0, MAX_GROUP_ROWS];
  const first = await source.next();
  if (!first.done) groupRows = groupRowsOf(first.value);
  let next: Promise<IteratorResult<RecordBatch>> | null = Promise.resolve(first);
  const stream = new ReadableStream(
    {
      async pull(controller) {
        try {
          const { value, done } = await (next ?? source.next());
          next = null;
          if (done === true) return controller.close();
          rows += (value as RecordBatch).numRows;
          controller.enqueue(toWasm(value as RecordBatch));
        } catch (error) {
          failed ??= { error }; // parquet-wasm takes a failed source for its end and writes a valid, short file
          controller.close();
        }
      },
    },
    { highWaterMark: 0 },
  );
  const properties = new parquet.WriterPropertiesBuilder()
    .setCompression(parquet.Compression.ZSTD)
    .setDictionaryEnabled(false)
    .setMaxRowGroupSize(groupRows)
    .setKeyValueMetadata(new Map(schema.metadata))
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
      if (schema.metadata.size > 0) orderMetadata(last, schema.metadata);
      await file.write(last);
    }
  } catch (error) {
    throw failed === null ? error : (failed as { readonly error: unknown }).error;
  } finally {
    await source.return?.();
  }
  if (failed !== null) throw (failed as { readonly error: unknown }).error;
  return rows;
}

/** Row groups of a bounded size, however long the rows are. */
function groupRowsOf(batch: RecordBatch): number {
  const bytes = batch.data.byteLength / Math.max(1, batch.numRows);
  return Math.max(1, Math.min(MAX_GROUP_ROWS, Math.floor(GROUP_BYTES / Math.max(1, bytes))));
}

function toWasm(batch: RecordBatch): parquet.RecordBatch {
  const table = parquet.Table.fromIPCStream(tableToIPC(new Table([batch]), 'stream'));
  const copy = table.recordBatch(0);
  table.free();
  if (copy === undefined) throw new RangeError('parquet-wasm: a table without its batch');
  return copy;
}
