import type { RecordBatch, Schema } from 'apache-arrow';
import { Failure } from '../../src/core/failure.js';
import type { RowGroup } from './row-groups.js';

/** An open recording, whatever its container. Nothing but the schema has been read. */
export interface RecordingFile {
  readonly format: 'parquet' | 'arrow-file' | 'arrow-stream';
  readonly schema: Schema;
  /** Key/value metadata of the file and of its schema. */
  readonly metadata: ReadonlyMap<string, string>;
  /** Rows in the file; null when only reading to the end would tell. */
  readonly rows: number | null;
  /**
   * Rows in order, a batch at a time, read when asked for; columns not in `columns` may be left out. `groups`: of these
   * row groups only, where the file has any.
   */
  batches(columns: readonly string[], groups?: readonly RowGroup[]): AsyncIterable<RecordBatch>;
  /** Row groups with their statistics; absent where a file has none. */
  rowGroups?(): Promise<readonly RowGroup[]>;
  close(): Promise<void>;
}

/** A recording that cannot be replayed as it is; `what` names row and column where there is one. */
export function badRecording(path: string, what: string, hint: string, cause?: unknown): Failure {
  return new Failure('bad-recording', `${path}: ${what}`, hint, { cause });
}

/** The failure of a reader that met bytes it can make no sense of. */
export function damaged(path: string, error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error); // WebAssembly throws strings
  if (message.includes('compressed but codec not found')) {
    return badRecording(
      path,
      'its Arrow batches are compressed',
      'write it uncompressed, or as Parquet',
      error,
    );
  }
  return badRecording(path, `the file is damaged: ${message}`, 'copy or record it again', error);
}

/** Do work on what a reader made of the bytes: if the bytes were nonsense, so is what the work finds. */
export function orDamaged<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof Failure ? error : damaged(path, error);
  }
}
