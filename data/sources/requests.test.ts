import { describe, expect, it } from 'vitest';
import type { TokenEvent } from '../../src/core/event.js';
import { importTable } from '../importers/testing/imports.js';
import { requestsSource } from './requests.js';
import { failureOf } from './testing/bytes.js';

const noInput = { seed: 3, stdin: (async function* () {})() };

/** A Mooncake log as a table; times in ms. */
async function logOf(
  ...rows: readonly (readonly [ms: number, prompt: number, output: number, blocks: number[]])[]
) {
  const lines = rows.map(([timestamp, input_length, output_length, hash_ids]) =>
    JSON.stringify({ timestamp, input_length, output_length, hash_ids }),
  );
  return (await importTable({ 'log.jsonl': lines.join('\n') }, {}, 'requests.parquet')).output;
}

async function eventsOf(path: string, options: object = {}): Promise<TokenEvent[]> {
  const events: TokenEvent[] = [];
  for await (const event of requestsSource({ path, ...options })(noInput).open())
    events.push(event as TokenEvent);
  return events;
}

describe('streams of a request log', () => {
  it('append the prompt when the request arrives, then decode a token every token_ms, streams by their times', async () => {
    const path = await logOf([0, 2, 3, []], [50, 1, 1, []]);
    const events = await eventsOf(path);
    expect(events.map(({ streamId, step, prefill, tNs }) => [streamId, step, prefill, tNs! / 1e6])).toEqual([
      [0, 0, true, 0],
      [0, 1, true, 0],
      [0, 2, false, 30],
      [1, 0, true, 50],
      [0, 3, false, 60],
      [1, 1, false, 80],
      [0, 4, false, 90],
    ]);
    expect(events.every(({ step, pos }) => step === pos)).toBe(true);
  });

  it('take the times of the answer from a log that has them, and turns where there are none', async () => {
    const own = {
      arrival_ns: 0,
      prompt_tokens: 1,
      output_tokens: 3,
      first_token_ns: 100,
      last_token_ns: 300,
    };
    const timed = await importTable({ 'log.jsonl': JSON.stringify(own) }, {}, 'requests.parquet');
    expect((await eventsOf(timed.output)).map(({ tNs }) => tNs)).toEqual([0, 100, 200, 300]);
    const bare = await importTable(
      { 'log.csv': 'num_prefill_tokens,num_decode_tokens\n1,1\n1,1\n' },
      {},
      'requests.parquet',
    );
    const events = await eventsOf(bare.output);
    expect(events.map(({ streamId, tNs }) => [streamId, tNs])).toEqual([
      [0, null],
      [1, null],
      [0, null],
      [1, null],
    ]);
  });

  it('begin with equal tokens where the log says that blocks are equal, and only there', async () => {
    const path = await logOf([0, 1030, 1, [7, 8, 9]], [0, 1030, 1, [7, 5, 9]]);
    const events = await eventsOf(path);
    const ids = [0, 1].map((id) =>
      events.filter(({ streamId }) => streamId === id).map(({ tokenId }) => tokenId),
    );
    expect(ids[0].slice(0, 512)).toEqual(ids[1].slice(0, 512));
    expect(ids[0].slice(512, 1024)).not.toEqual(ids[1].slice(512, 1024));
    expect(ids[0].slice(1024, 1030)).toEqual(ids[1].slice(1024, 1030)); // block 9 of both
    expect(ids[0][1030]).not.toBe(ids[1][1030]);
    expect(new Set(ids[0]).size).toBeGreaterThan(900);
    expect(await eventsOf(path)).toEqual(events);
  });

  it('are as many and as long as asked for, and counted before they are read', async () => {
    const path = await logOf([0, 100, 10, []], [1, 101, 0, []], [2, 0, 0, []], [3, 5, 5, []]);
    const source = requestsSource({ path, first: 1, requests: 2, divide: 10 })(noInput);
    const events = await eventsOf(path, { first: 1, requests: 2, divide: 10 });
    expect(events.map(({ streamId, prefill }) => [streamId, prefill])).toEqual(
      Array.from({ length: 11 }, () => [0, true]),
    );
    expect(await source.count(1000)).toBe(11);
    expect(await source.count(5)).toBe(5);
    expect(await source.describe()).toMatchObject({ requests: 2, block_size: 512 });
  });

  it('are refused where there are none, and where the table is another', async () => {
    const path = await logOf([0, 1, 1, []]);
    const none = await failureOf(() => eventsOf(path, { first: 4 }));
    expect(none).toMatchObject({ code: 'bad-option', hint: 'take a first request from 0 to 0' });
    const texts = await importTable({ 'a.txt': 'one two' }, {}, 'tokens.parquet');
    const other = await failureOf(() => eventsOf(texts.output));
    expect(other).toMatchObject({
      code: 'bad-recording',
      what: expect.stringMatching(/prompt_tokens .*is missing/),
    });
  });
});
