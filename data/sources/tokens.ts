import type { Data } from 'apache-arrow';
import { z } from 'zod';
import type { TokenEvent } from '../../src/core/event.js';
import { defineSource } from '../../src/core/source.js';
import { describeInput } from './input-file.js';
import { openRecording } from './recording-file.js';
import { badRecording, orDamaged, type RecordingFile } from './recording-format.js';

const COLUMNS = ['stream_id', 'pos', 'token_id'] as const;
const MAX_ID = 2 ** 31 - 1;

/**
 * Tokens of several streams from a table that `kronflow import` made of texts: columns stream_id, pos and token_id, in
 * the order in which the streams take turns.
 *
 * Opening it throws Failure `bad-recording` naming row and column; `not-found` and `bad-input` as for files.
 */
export const tokensSource = defineSource(
  {
    name: 'tokens',
    summary: 'token ids of several streams, from `kronflow import` of texts',
    brings: 'tokens',
    paper: null,
    options: z.object({ path: z.string().min(1).describe('table of tokens: Arrow or Parquet') }),
  },
  ({ path }) => ({
    kind: 'tokens',
    streams: null,
    async describe() {
      const { rows, metadata } = await withTokens(path, (file) => Promise.resolve(file));
      const said = (key: string) => metadata.get(`kronflow.${key}`) ?? null;
      const size = said('vocabulary_size');
      const vocabulary = { encoding: said('encoding'), vocabulary_size: size === null ? null : Number(size) };
      return { ...(await describeInput(path)), rows, ...vocabulary };
    },
    async count(limit) {
      const rows = await withTokens(path, (file) => Promise.resolve(file.rows));
      return rows === null ? null : Math.min(limit, rows);
    },
    async *open(): AsyncGenerator<TokenEvent> {
      const file = await openRecording(path);
      try {
        checkColumns(path, file);
        yield* tokensOf(path, file);
      } finally {
        await file.close();
      }
    },
  }),
);

async function withTokens<T>(path: string, work: (file: RecordingFile) => Promise<T>): Promise<T> {
  const file = await openRecording(path);
  try {
    checkColumns(path, file);
    return await work(file);
  } finally {
    await file.close();
  }
}

function checkColumns(path: string, { schema }: RecordingFile): void {
  for (const name of COLUMNS)
    if (!schema.fields.some((field) => field.name === name && /^Int/.test(String(field.type))))
      throw badRecording(
        path,
        `column ${name} of integers is missing`,
        'make the file with `kronflow import TEXT -o FILE`',
      );
}

async function* tokensOf(path: string, file: RecordingFile): AsyncGenerator<TokenEvent> {
  const steps = new Map<number, number>();
  let row = 0;
  for await (const batch of file.batches(COLUMNS)) {
    const [streams, positions, ids] = COLUMNS.map((name) =>
      orDamaged(path, () => batch.getChild(name)!.data[0] as Data),
    );
    for (let i = 0; i < batch.numRows; i++, row++) {
      const read = (data: Data, column: string) => {
        const value = data.getValid(i) ? Number((data.values as ArrayLike<number | bigint>)[i]) : NaN;
        if (value >= 0 && value <= MAX_ID) return value;
        throw badRecording(path, `row ${row} (from 0), column ${column} is no id`, 'import the text again');
      };
      const [streamId, pos, tokenId] = [
        read(streams, 'stream_id'),
        read(positions, 'pos'),
        read(ids, 'token_id'),
      ];
      const step = steps.get(streamId) ?? 0;
      steps.set(streamId, step + 1);
      yield { streamId, step, pos, tokenId, prefill: false };
    }
  }
}
