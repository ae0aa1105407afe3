import { z } from 'zod';
import type { RecordedStep } from '../../src/core/event.js';
import { defineSource, type EntrySource } from '../../src/core/source.js';
import { describeInput } from './input-file.js';
import { checkSchema, READ_COLUMNS, readBatch, type RecordingBatch } from './recording-columns.js';
import { findRecording, openRecording } from './recording-file.js';
import { badRecording, orDamaged, type RecordingFile } from './recording-format.js';
import { checkMetadata, provenance, readMetadata } from './recording-metadata.js';
import { groupSteps, type Grid } from './recording-steps.js';
import { readStreamIds } from './recording-streams.js';

/**
 * Rows that somebody recorded: Parquet, an Arrow IPC file or stream, or a trace folder with recording.parquet.
 * Columns stream_id, pos, token_id?, layer, head and vectors q, k1, k2?, v1, v2? of d floats; without k2 and v2
 * the order is matrix. Rows are read batch by batch and handed on as views where they lie in order.
 *
 * Opening it throws Failure `bad-recording` naming file, row and column; `not-found` and `bad-input` as for files.
 */
export const recordingSource = defineSource(
  {
    name: 'recording',
    summary: 'stored q, k1, k2, v1, v2: Parquet, Arrow IPC, or a trace folder',
    brings: 'entries',
    paper: null,
    options: z.object({
      path: z.string().min(1).describe('recording file, or a trace folder that holds recording.parquet'),
    }),
  },
  ({ path }) => recordingOf(path),
);

type Shape = Awaited<ReturnType<EntrySource['shape']>>;

function recordingOf(path: string): EntrySource {
  let known: Promise<Shape> | null = null;
  const shape = () => (known ??= readShape(path));
  return {
    kind: 'entries',
    streams: null,
    shape,
    async describe() {
      const file = await findRecording(path);
      const { format, rows, metadata } = await withFile(file, (opened) => Promise.resolve(opened)); // refuse it before hashing
      const told = provenance(readMetadata(file, metadata));
      return { ...(await describeInput(file)), format, rows, ...told };
    },
    async count(limit) {
      const file = await findRecording(path);
      const rows = await withFile(file, (opened) => Promise.resolve(opened.rows));
      if (rows === null) return null;
      const { layers, heads } = await shape();
      if (rows % (layers * heads) === 0) return Math.min(limit, rows / (layers * heads));
      throw badRecording(
        file,
        `it has ${rows} rows, which is no multiple of ${layers} layers × ${heads} heads`,
        'every step needs each layer and head once; was the file cut?',
      );
    },
    async streamIds(limit) {
      const file = await findRecording(path);
      const { layers, heads } = await shape();
      return withFile(file, (opened) => readStreamIds(opened, layers * heads, limit));
    },
    async *open(): AsyncGenerator<RecordedStep> {
      const file = await findRecording(path);
      const opened = await openRecording(file);
      try {
        orDamaged(file, () => checkSchema(file, opened.schema));
        yield* groupSteps(file, checkedBatches(file, opened), gridOf(file, opened));
      } finally {
        await opened.close();
      }
    },
  };
}

/** Metadata if it says everything, else the first step. */
async function readShape(path: string): Promise<Shape> {
  const file = await findRecording(path);
  return withFile(file, async (opened) => {
    const { layers, heads, d, order, scale } = readMetadata(file, opened.metadata);
    if (layers !== null && heads !== null && d !== null && order !== null)
      return { layers, heads, d, order, scale };
    let size = 0;
    async function* measured() {
      for await (const batch of checkedBatches(file, opened)) {
        size = batch.d;
        yield batch;
      }
    }
    for await (const step of groupSteps(file, measured(), gridOf(file, opened))) {
      const [{ q, k2 }] = step.layers;
      return {
        layers: step.layers.length,
        heads: q.length / size,
        d: size,
        order: k2 === null ? 'matrix' : 'tensor',
        scale,
      };
    }
    throw new RangeError(`${file}: neither a step nor a failure`);
  });
}

function gridOf(file: string, { metadata }: RecordingFile): Grid | null {
  const { layers, heads } = readMetadata(file, metadata);
  return layers === null || heads === null ? null : { layers, heads };
}

async function* checkedBatches(file: string, opened: RecordingFile): AsyncGenerator<RecordingBatch> {
  const metadata = readMetadata(file, opened.metadata);
  let firstRow = 0;
  let before: RecordingBatch | null = null;
  for await (const batch of opened.batches(READ_COLUMNS)) {
    if (batch.numRows === 0) continue;
    const read = orDamaged(file, (): RecordingBatch => readBatch(file, batch, firstRow, metadata, before));
    if (before === null) checkMetadata(file, metadata, read);
    yield read;
    before = read;
    firstRow += read.rows;
  }
}

async function withFile<T>(file: string, work: (opened: RecordingFile) => Promise<T>): Promise<T> {
  const opened = await openRecording(file);
  try {
    orDamaged(file, () => checkSchema(file, opened.schema));
    return await work(opened);
  } finally {
    await opened.close();
  }
}
