import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { failureOf, tempFolder } from '../sources/testing/bytes.js';
import { readParquet } from '../testing/parquet.js';
import { importFiles } from './import-files.js';
import { NOTHING_SAID } from './importer.js';
import { importers } from './index.js';
import { importTable } from './testing/imports.js';

const shared = (name: string) => fileURLToPath(new URL(`../../../shared/data/${name}`, import.meta.url));
const rowsOf = async (name: string, text: string) => {
  const done = await importTable({ [name]: text }, {}, 'out.parquet');
  return { done, rows: await readParquet(done.output) };
};

describe('a request log becomes a table', () => {
  it('Mooncake: milliseconds, lengths, prefix blocks', async () => {
    const text =
      '{"timestamp": 0, "input_length": 6758, "output_length": 500, "hash_ids": [0, 1, 13]}\n{"timestamp": 1500, "input_length": 2, "output_length": 0, "hash_ids": [], "more": 1}\n';
    const { done, rows } = await rowsOf('log.jsonl', text);
    expect(done).toMatchObject({ importer: 'mooncake', table: 'requests', rows: 2 });
    expect(done.metadata['kronflow.block_size']).toBe('512');
    expect(
      rows.map(({ request_id, arrival_ns, prompt_tokens, output_tokens, model }) => [
        request_id,
        arrival_ns,
        prompt_tokens,
        output_tokens,
        model,
      ]),
    ).toEqual([
      [0, 0, 6758, 500, null],
      [1, 1.5e9, 2, 0, null],
    ]);
    expect(JSON.stringify(rows.map(({ block_ids }) => block_ids))).toContain('13');
    expect(done.lost.join()).toContain('column more');
    expect(done.lost.join()).toContain('token ids');
  });

  it('Azure: dates with seven decimals, exact; no end of line at the end', async () => {
    const text =
      'TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03.9799600,4808,10\n2023-11-16 18:18:04.0319601,3180,8';
    const { done, rows } = await rowsOf('log.csv', text);
    expect(done.importer).toBe('azure');
    expect(
      rows.map(({ arrival_ns, prompt_tokens, output_tokens }) => [arrival_ns, prompt_tokens, output_tokens]),
    ).toEqual([
      [0, 4808, 10],
      [60_052_000_100, 3180, 8],
    ]);
  });

  it('vidur: seconds; without arrivals they are null, and it says so', async () => {
    const { rows } = await rowsOf(
      'log.csv',
      'arrived_at,num_prefill_tokens,num_decode_tokens\n0.0,4,1\n5.8926549999999995,91,16\r\n',
    );
    expect(rows.map(({ arrival_ns }) => arrival_ns)).toEqual([0, 5_892_655_000]);
    const bare = await rowsOf(
      'log.csv',
      'num_prefill_tokens,num_decode_tokens,num_total_tokens,pd_ratio\n3772,54,3826,69.8\n',
    );
    expect(bare.rows[0]).toMatchObject({ arrival_ns: null, prompt_tokens: 3772, output_tokens: 54 });
    expect(bare.done.warnings.join()).toContain('arrival_ns is null in 1 rows');
    expect(bare.done.lost.join()).toContain('column pd_ratio');
  });

  it('BurstGPT, with and without sessions: an empty answer is a failure', async () => {
    const old =
      'Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n5,ChatGPT,472,18,490,Conversation log\n45,GPT-4,1087,0,1087,"API log, old"\n';
    const { done, rows } = await rowsOf('log.csv', old);
    expect(done.importer).toBe('burstgpt');
    expect(
      rows.map(({ arrival_ns, model, status, session_id }) => [arrival_ns, model, status, session_id]),
    ).toEqual([
      [5e9, 'ChatGPT', 'ok', null],
      [45e9, 'GPT-4', 'failed', null],
    ]);
    expect(done.lost.join()).toContain('column Log Type');
    const fresh =
      'Timestamp,Session ID,Elapsed time,Model,Request tokens,Response tokens,Total tokens,Log Type\n5.5,s1,2.25,GPT-4,10,20,30,x\n';
    expect((await rowsOf('log.csv', fresh)).rows[0]).toMatchObject({
      session_id: 's1',
      arrival_ns: 5.5e9,
      last_token_ns: 7.75e9,
    });
  });

  it('Splitwise and our own', async () => {
    const splitwise =
      'request_id,request_type,application_id,arrival_timestamp,batch_size,prompt_size,token_size\n7,2,0,0.25,1,100,5\n';
    expect((await rowsOf('log.csv', splitwise)).rows[0]).toMatchObject({
      source_id: '7',
      arrival_ns: 2.5e8,
      prompt_tokens: 100,
      output_tokens: 5,
    });
    const own =
      '{"arrival_ns": 12, "prompt_tokens": 3, "output_tokens": null, "status": "ok", "block_ids": [4]}\n';
    const { rows, done } = await rowsOf('log.jsonl', own);
    expect(done.importer).toBe('requests');
    expect(rows[0]).toMatchObject({ arrival_ns: 12, prompt_tokens: 3, output_tokens: null, status: 'ok' });
  });

  it('engine logs: measured times after arrival', async () => {
    const line = {
      request_id: 'b',
      input_toks: 5,
      output_toks: 6,
      arrival_time: 1787267980.5,
      queued_ts: 100,
      scheduled_ts: 100.5,
      first_token_ts: 101.5,
      last_token_ts: 104,
    };
    const { rows } = await rowsOf(
      'log.jsonl',
      [line, { ...line, arrival_time: 1787267981 }].map((x) => JSON.stringify(x)).join('\n'),
    );
    expect(
      rows.map(({ arrival_ns, first_token_ns, last_token_ns }) => [
        arrival_ns,
        first_token_ns,
        last_token_ns,
      ]),
    ).toEqual([
      [0, 1.5e9, 4e9],
      [5e8, 2e9, 4.5e9],
    ]);
  });
});

describe('a bad log is refused by line and column', () => {
  it.each([
    [
      'log.jsonl',
      '{"timestamp": 0, "input_length": -1, "output_length": 5, "hash_ids": []}',
      /line 1, column input_length is -1/,
    ],
    [
      'log.jsonl',
      '{"timestamp": 0, "input_length": 1, "output_length": 5, "hash_ids": []}\n{"timestamp": "x", "input_length": 1, "output_length": 5, "hash_ids": []}',
      /line 2, column timestamp is "x"/,
    ],
    [
      'log.jsonl',
      '{"timestamp": 0, "input_length": 1, "output_length": 5, "hash_ids": [1.5]}',
      /column hash_ids is 1\.5/,
    ],
    [
      'log.jsonl',
      '{"timestamp": 0, "input_length": 1, "output_length": 5, "hash_ids": []}\n{"timestamp"',
      /line 2 is no JSON/,
    ],
    [
      'log.csv',
      'TIMESTAMP,ContextTokens,GeneratedTokens\n2023-13-16 18:17:03,1,1',
      /line 2, column TIMESTAMP/,
    ],
    [
      'log.csv',
      'TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03,1',
      /line 2 has 2 fields, but the header has 3/,
    ],
    [
      'log.csv',
      'TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03,1e3,1',
      /column ContextTokens is "1e3"/,
    ],
    ['log.csv', 'TIMESTAMP,ContextTokens,GeneratedTokens\n', /there are no rows/],
    ['log.csv', 'a,b\n1,2', /no importer recognises it/],
  ])('%s %s', async (name, text, words) => {
    const failure = await failureOf(() => importTable({ [name]: text }));
    expect(failure).toMatchObject({ code: 'bad-input', what: expect.stringMatching(words) });
  });
});

describe('public logs are imported whole', () => {
  // rows of each file: ORIGIN.md beside them
  it.skipIf(!existsSync(shared('mooncake'))).each([
    ['mooncake/conversation_trace.jsonl', 'mooncake', 12_031],
    ['mooncake/synthetic_trace.jsonl', 'mooncake', 3993],
    ['azure/AzureLLMInferenceTrace_code.csv', 'azure', 8819],
    ['azure/AzureLLMInferenceTrace_conv.csv', 'azure', 19_366],
    ['vidur/splitwise_code.csv', 'vidur', 8819],
    ['vidur/splitwise_conv.csv', 'vidur', 19_366],
    ['vidur/arxiv_summarization_stats_llama2_tokenizer_filtered_v2.csv', 'vidur', 28_257],
    ['llmservingsim/RTX4090_Llama-3.1-8B.requests.jsonl', 'llmservingsim', 300],
  ])('%s', async (name, importer, count) => {
    const path = shared(name);
    const done = await importFiles(importers, [path], `${await tempFolder()}/out.parquet`, NOTHING_SAID);
    expect(done).toMatchObject({ importer, rows: count });
    const [{ n, tokens }] = await readParquet(
      done.output,
      'count(*)::INT n, sum(prompt_tokens)::DOUBLE tokens',
    );
    expect(n).toBe(count);
    expect(tokens).toBeGreaterThan(count);
  });

  it.skipIf(!existsSync(shared('azure')))(
    'Azure and what vidur made of it agree to the microsecond',
    async () => {
      const folder = await tempFolder();
      const outputs: string[] = [];
      for (const name of ['azure/AzureLLMInferenceTrace_code.csv', 'vidur/splitwise_code.csv']) {
        const output = `${folder}/${outputs.length}.parquet`;
        outputs.push((await importFiles(importers, [shared(name)], output, NOTHING_SAID)).output);
      }
      const [azure, vidur] = await Promise.all(
        outputs.map((path) => readParquet(path, 'arrival_ns, prompt_tokens, output_tokens')),
      );
      const far = azure.filter(
        (row, i) =>
          Math.abs(Number(row.arrival_ns) - Number(vidur[i].arrival_ns)) > 1000 ||
          row.prompt_tokens !== vidur[i].prompt_tokens ||
          row.output_tokens !== vidur[i].output_tokens,
      );
      expect(far).toEqual([]);
    },
  );
});
