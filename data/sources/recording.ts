import { z } from 'zod';
import type { RecordedStep } from '../../src/core/event.js';
import { Failure } from '../../src/core/failure.js';
import { defineSource, type EntrySource } from '../../src/core/source.js';
import { describeInput } from './input-file.js';
import {
  checkSchema,
  ID_COLUMNS,
  READ_COLUMNS,
  readBatch,
  readIdColumns,
  type RecordingBatch,
} from './recording-columns.js';
import { findRecording, openRecording } from './recording-file.js';
import { badRecording, damaged, orDamaged, type RecordingFile } from './recording-format.js';
import { checkMetadata, provenance, readMetadata } from './recording-metadata.js';
import { groupSteps, type Grid } from './recording-steps.js';
import { readStreamIds } from './recording-streams.js';
import type { RowGroup } from './row-groups.js';
import { mayHold, rowFilter, selectionOf, selectRows, type Selection } from './selection.js';

/** A list of one number arrives as that number. */
const list = z.union([z.string(), z.int().min(0)]).transform(String);

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
      from: z.int().min(0).optional().describe('first position to replay'),
      to: z.int().positive().optional().describe('position to stop before'),
      streams: list.optional().describe('streams to replay: numbers and ranges, 0,2,5-7'),
      layers: list.optional().describe('layers to replay; the run numbers them from 0'),
      heads: list.optional().describe('heads to replay; the run numbers them from 0'),
    }),
  },
  ({ path, ...selected }) => recordingOf(path, selectionOf(selected)),
);

type Shape = Awaited<ReturnType<EntrySource['shape']>>;

function recordingOf(path: string, selection: Selection | null): EntrySource {
  let known: Promise<Shape> | null = null;
  const shape = () => (known ??= readShape(path, selection));
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
      const rows = await withFile(file, (opened) => countRows(file, opened, selection));
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
      if (selection !== null) return null;
      const file = await findRecording(path);
      const { layers, heads } = await shape();
      return withFile(file, (opened) => readStreamIds(opened, layers * heads, limit));
    },
    async *open(): AsyncGenerator<RecordedStep> {
      const file = await findRecording(path);
      const opened = await openRecording(file);
      try {
        orDamaged(file, () => checkSchema(file, opened.schema));
        yield* groupSteps(file, checkedBatches(file, opened, selection), gridOf(file, opened, selection));
      } finally {
        await opened.close();
      }
    },
  };
}

/** Metadata if it says everything, else the first step. */
async function readShape(path: string, selection: Selection | null): Promise<Shape> {
  const file = await findRecording(path);
  return withFile(file, async (opened) => {
    const { d, order, scale } = readMetadata(file, opened.metadata);
    const { layers, heads } = gridOf(file, opened, selection) ?? { layers: null, heads: null };
    if (layers !== null && heads !== null && d !== null && order !== null)
      return { layers, heads, d, order, scale };
    let size = 0;
    async function* measured() {
      for await (const batch of checkedBatches(file, opened, selection)) {
        size = batch.d;
        yield batch;
      }
    }
    for await (const step of groupSteps(file, measured(), gridOf(file, opened, selection))) {
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

function gridOf(file: string, { metadata }: RecordingFile, selection: Selection | null): Grid | null {
  const { layers, heads } = readMetadata(file, metadata);
  if (layers === null || heads === null) return null;
  const ofSelected = (name: 'layers' | 'heads', count: number) => {
    const selected = selection?.[name] ?? null;
    const beyond = selected?.find((n) => n >= count);
    if (beyond === undefined) return selected?.length ?? count;
    throw new Failure(
      'bad-option',
      `${name}: ${file} has ${count} of them (0 to ${count - 1}), not ${beyond}`,
      `leave out --${name}, or name others`,
    );
  };
  return { layers: ofSelected('layers', layers), heads: ofSelected('heads', heads) };
}

function checkedBatches(file: string, opened: RecordingFile, selection: Selection | null) {
  const all = everyBatch(file, opened, selection);
  return selection === null ? all : selectRows(file, all, selection);
}

async function* everyBatch(
  file: string,
  opened: RecordingFile,
  selection: Selection | null,
): AsyncGenerator<RecordingBatch> {
  const metadata = readMetadata(file, opened.metadata);
  let before: RecordingBatch | null = null;
  for (const { firstRow: start, groups } of await pieces(file, opened, selection)) {
    let firstRow = start;
    for await (const batch of opened.batches(READ_COLUMNS, groups)) {
      if (batch.numRows === 0) continue;
      const read = orDamaged(file, (): RecordingBatch => readBatch(file, batch, firstRow, metadata, before));
      if (before === null) checkMetadata(file, metadata, read);
      yield read;
      before = read;
      firstRow += read.rows;
    }
  }
}

/** Row groups that follow each other and may hold a selected row; one piece without groups where all is read. */
async function pieces(file: string, opened: RecordingFile, selection: Selection | null) {
  const groups =
    selection === null
      ? undefined
      : await opened.rowGroups?.().catch((error: unknown) => {
          throw damaged(file, error);
        });
  if (selection === null || groups === undefined) return [{ firstRow: 0, groups: undefined }];
  const made: { firstRow: number; groups: RowGroup[] }[] = [];
  for (const group of groups.filter((one) => mayHold(selection, one))) {
    const last = made.at(-1);
    if (last?.groups.at(-1)?.index === group.index - 1) last.groups.push(group);
    else made.push({ firstRow: group.firstRow, groups: [group] });
  }
  return made;
}

/** Rows that are replayed, from the id columns alone; null where only reading every row would tell. */
async function countRows(
  file: string,
  opened: RecordingFile,
  selection: Selection | null,
): Promise<number | null> {
  if (selection === null || opened.rows === null) return opened.rows;
  const isSelected = rowFilter(selection);
  let rows = 0;
  for (const { groups } of await pieces(file, opened, selection)) {
    for await (const batch of opened.batches(ID_COLUMNS, groups)) {
      const ids = readIdColumns(file, batch);
      for (let row = 0; row < batch.numRows; row++) if (isSelected(ids, row)) rows++;
    }
  }
  return rows;
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
