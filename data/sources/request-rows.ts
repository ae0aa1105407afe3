import type { RecordBatch } from 'apache-arrow';
import { requestColumns } from '../schemas/requests.js';
import { openRecording } from './recording-file.js';
import { badRecording, orDamaged } from './recording-format.js';

/** What a log says of one request, in tokens and nanoseconds since the start of the log; unknown is null. */
export interface LoggedRequest {
  readonly row: number;
  readonly prompt: number;
  /** 0 where the log does not say. */
  readonly output: number;
  readonly arrival: number | null;
  readonly firstToken: number | null;
  readonly lastToken: number | null;
  readonly blocks: readonly number[] | null;
}

const COLUMNS = ['prompt_tokens', 'output_tokens', 'arrival_ns', 'first_token_ns', 'last_token_ns', 'block_ids'] as const; // prettier-ignore

/** Logs are at most some hundred thousand rows, so all of them are read: their arrivals need not be in order. */
export async function readRequests(
  path: string,
): Promise<{ readonly requests: readonly LoggedRequest[]; readonly blockSize: number | null }> {
  const file = await openRecording(path);
  try {
    for (const name of COLUMNS) {
      if (file.schema.fields.some((field) => field.name === name)) continue;
      throw badRecording(
        path,
        `column ${name} (${requestColumns[name].doc}) is missing: this is no table of requests`,
        'make one with `kronflow import LOG -o requests.parquet`',
      );
    }
    const requests: LoggedRequest[] = [];
    for await (const batch of file.batches(COLUMNS)) {
      for (let i = 0; i < batch.numRows; i++) requests.push(requestAt(path, batch, i, requests.length));
    }
    const blockSize = Number(file.metadata.get('kronflow.block_size') ?? NaN);
    return { requests, blockSize: blockSize > 0 ? blockSize : null };
  } finally {
    await file.close();
  }
}

function requestAt(path: string, batch: RecordBatch, i: number, row: number): LoggedRequest {
  const value = (name: (typeof COLUMNS)[number]) =>
    orDamaged(path, () => batch.getChild(name)!.get(i) as unknown);
  const number = (name: (typeof COLUMNS)[number]) => {
    const found = value(name);
    if (found === null) return null;
    if (Number(found) >= 0 && Number(found) < Infinity) return Number(found);
    throw badRecording(
      path,
      `row ${row} (from 0), column ${name} is ${String(found)}`,
      'import the log again',
    );
  };
  const prompt = number('prompt_tokens');
  if (prompt === null)
    throw badRecording(path, `row ${row} (from 0), column prompt_tokens is null`, 'import the log again');
  const blocks = value('block_ids') as Iterable<number> | null;
  return {
    ...{ row, prompt, output: number('output_tokens') ?? 0, arrival: number('arrival_ns') },
    ...{ firstToken: number('first_token_ns'), lastToken: number('last_token_ns') },
    blocks: blocks === null ? null : Array.from(blocks),
  };
}
