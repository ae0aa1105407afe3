import { RecordBatchReader } from 'apache-arrow';
import { access, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../src/core/failure.js';
import { guardArrow } from './arrow-guard.js';
import { inputFailure, openFile } from './input-file.js';
import { badRecording, damaged, type RecordingFile } from './recording-format.js';
import { openParquet } from './recording-parquet.js';

/** What a trace folder calls its recording. */
const IN_TRACE = 'recording.parquet';

/**
 * The file that a user means: a recording, or the one in a trace folder.
 *
 * @throws Failure `not-found` with the nearest names, or for a folder without a recording
 */
export async function findRecording(path: string): Promise<string> {
  const status = await stat(path).catch(async (error: unknown) => {
    throw await inputFailure(error, path);
  });
  if (!status.isDirectory()) return path;
  const inside = join(path, IN_TRACE);
  const found = await access(inside).then(
    () => true,
    () => false,
  );
  if (found) return inside;
  throw new Failure(
    'not-found',
    `the folder ${path} has no ${IN_TRACE}`,
    'make one with `kronflow record`; if that was killed, finish it with `kronflow seal`',
  );
}

/**
 * Open a recording: Parquet, Arrow IPC file or Arrow IPC stream, told apart by their first bytes.
 *
 * @throws Failure `bad-recording` for any other file and for one without an end; `not-found`, `bad-input`
 */
export async function openRecording(path: string): Promise<RecordingFile> {
  const handle = await openFile(path);
  try {
    const { size } = await handle.stat();
    const [start, end] = [await bytesAt(handle, 0, 8), await bytesAt(handle, Math.max(0, size - 8), 8)];
    const [head, tail] = [start.toString('latin1'), end.toString('latin1')];
    if (size === 0) throw badRecording(path, 'the file is empty', 'record it again');
    if (head.startsWith('PAR1')) {
      requireEnd(path, size > 8 && tail.endsWith('PAR1'), 'Parquet');
      return await openParquet(handle, path, size);
    }
    if (head.startsWith('ARROW1')) {
      requireEnd(path, tail.endsWith('ARROW1'), 'Arrow');
      await guardArrow(handle, path, size, true);
      return await openArrow(handle, path, 'arrow-file');
    }
    if (head.startsWith('\xff\xff\xff\xff')) {
      requireEnd(path, tail === '\xff\xff\xff\xff\0\0\0\0', 'Arrow'); // a stream may also end without; a cut one does
      await guardArrow(handle, path, size, false);
      return await openArrow(handle, path, 'arrow-stream');
    }
    throw badRecording(
      path,
      'this is neither Parquet nor an Arrow IPC file or stream',
      'write the recording with pyarrow, or name a trace folder that holds one',
    );
  } catch (error) {
    await handle.close();
    throw error instanceof Failure ? error : damaged(path, error);
  }
}

function requireEnd(path: string, whole: boolean, format: string): void {
  if (whole) return;
  throw badRecording(
    path,
    `the file is truncated: it starts as ${format}, but its end is missing`,
    'copy it again; if its writer was killed, record it again (a trace folder: `kronflow seal`)',
  );
}

async function bytesAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}

async function openArrow(
  handle: FileHandle,
  path: string,
  format: 'arrow-file' | 'arrow-stream',
): Promise<RecordingFile> {
  const reader = await RecordBatchReader.from(handle);
  await reader.open();
  const { schema } = reader;
  return {
    format,
    schema,
    metadata: schema.metadata,
    rows: null,
    async *batches() {
      try {
        yield* reader;
      } catch (error) {
        throw damaged(path, error);
      }
    },
    async close() {
      await reader.cancel();
      await handle.close().catch(() => undefined); // the reader may have closed it
    },
  };
}
