import { tableFromIPC, type RecordBatch } from 'apache-arrow';
import type { FileHandle } from 'node:fs/promises';
import { ParquetFile, type RecordBatch as WasmBatch } from 'parquet-wasm';
import { damaged, type RecordingFile } from './recording-format.js';
import { rowGroups } from './row-groups.js';
import { orPanic } from './wasm-panic.js';

/** Rows that leave WebAssembly at a time: 1.3 MB at d = 64. */
const BATCH_ROWS = 1024;

const FOOTER_END = 8; // length of the footer, and `PAR1`

/**
 * Open a Parquet recording. Memory: one compressed row group inside WebAssembly, and one batch outside.
 *
 * @throws whatever parquet-wasm throws for bytes it cannot read; `batches` throws Failure `bad-recording`
 */
export async function openParquet(handle: FileHandle, path: string, size: number): Promise<RecordingFile> {
  const bytes = fileBytes(handle, size);
  const file = await bytes.check(ParquetFile.fromFile(bytes.blob));
  const footer = file.metadata().fileMetadata();
  const { schema } = tableFromIPC(file.schema().intoIPCStream());
  return {
    format: 'parquet',
    schema,
    metadata: new Map<string, string>([...footer.keyValueMetadata(), ...schema.metadata]),
    rows: footer.numRows(),
    async rowGroups() {
      const end = await bytesAt(handle, size - FOOTER_END, FOOTER_END);
      const length = end.readUInt32LE();
      return rowGroups(await bytesAt(handle, size - FOOTER_END - length, length));
    },
    async *batches(columns, groups): AsyncGenerator<RecordBatch> {
      const present = columns.filter((name) => schema.fields.some((field) => field.name === name));
      const stream = (await file.stream({
        batchSize: BATCH_ROWS,
        columns: present,
        ...(groups === undefined ? {} : { rowGroups: groups.map(({ index }) => index) }),
      })) as ReadableStream<WasmBatch>;
      const reader = stream.getReader();
      let failed = false;
      try {
        for (;;) {
          const next = await bytes.check(reader.read());
          if (next.done) return;
          yield* tableFromIPC(next.value.intoIPCStream()).batches; // the one copy, out of WebAssembly
        }
      } catch (error) {
        failed = true;
        throw damaged(path, error);
      } finally {
        if (!failed) await reader.cancel(); // one that failed may never answer
      }
    },
    async close() {
      file.free();
      await handle.close();
    },
  };
}

async function bytesAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, position);
  if (bytesRead < length) throw new RangeError('the footer ends early');
  return buffer;
}

/**
 * A file in the shape of a Blob, as parquet-wasm wants it: `slice` reads nothing yet. A rejected read inside
 * WebAssembly would end the process, so an error is kept for `check` to throw and zeros are given instead.
 */
function fileBytes(handle: FileHandle, size: number) {
  let failed: { readonly error: unknown } | null = null;
  const read = async (start: number, end: number): Promise<ArrayBuffer> => {
    const bytes = new Uint8Array(end - start);
    try {
      const { bytesRead } = await handle.read(bytes, 0, bytes.length, start);
      if (bytesRead < bytes.length) throw new Error(`it ends at byte ${start + bytesRead}, not ${size}`);
    } catch (error) {
      failed ??= { error };
    }
    return bytes.buffer;
  };
  const slice = (start: number, end: number) => ({ size: end - start, arrayBuffer: () => read(start, end) });
  return {
    blob: { size, slice } as unknown as Blob,
    /** Wait for parquet-wasm, and throw the error of a read that it did not see. */
    async check<T>(work: Promise<T>): Promise<T> {
      try {
        return await orPanic(work);
      } finally {
        if (failed !== null) throw (failed as { readonly error: unknown }).error;
      }
    },
  };
}
