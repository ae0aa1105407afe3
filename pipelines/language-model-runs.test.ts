import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../data/testing/folder.js';
import { writeLanguageModel } from '../data/weights/language-model.js';
import { randomModel } from '../data/weights/testing/random-model.js';
import { inlinePool } from '../workers/inline-pool.js';
import type { Execution } from './execution.js';
import { executeRun } from './execute.js';
import { lintTrace } from './lint/lint-trace.js';
import { resolveRun, type RunRequest } from './resolve.js';
import { resumeRun } from './resume.js';
import { summarise } from './summarise.js';
import { request } from './testing/small-run.js';

const folder = temporaryFolder();
const at = (name: string) => join(folder.path, name);
const TEXT = 'A text of four windows, and of the beginning of a fifth one: ho'; // 63 bytes; a window has 16
const model = { name: at('m.safetensors') };
const source = { name: 'text', options: { path: at('text.txt') } };
const caches: Parameters<typeof request>[2] = [['four-cache'], ['window', { size: 3 }]];
const asked = request(source, model, caches);

beforeAll(async () => {
  writeFileSync(at('text.txt'), TEXT);
  await writeLanguageModel(at('m.safetensors'), randomModel());
});
afterAll(() => folder.remove());

async function* noInput(): AsyncGenerator<Uint8Array> {}

const how = (name: string) => ({
  ...({
    dir: at(name),
    threads: 1,
    logLevel: 'silent',
    kernel: 'reference',
    onStep: () => undefined,
  } as const),
  pool: (({ arena }) => inlinePool(arena)) satisfies Execution['pool'],
  signal: new AbortController().signal,
});
const execute = async (name: string, req: RunRequest, more: Partial<Execution> = {}) =>
  (await executeRun(await resolveRun(req, noInput()), { ...how(name), ...more })).run;

describe('a run of a language model', () => {
  it('keeps one window in memory, and says how well it foretold the text', async () => {
    const run = await execute('run', asked);
    const { prediction, caches: summaries, tokens } = await summarise(at('run'));
    expect([tokens, prediction?.tokens, prediction?.driver]).toEqual([63, 59, null]);
    expect(prediction!.perplexity).toBeCloseTo(2 ** prediction!.bits_per_token, 9);
    const entry = 4 * 4 * 4; // k1, k2, v1, v2; d; bytes
    expect(summaries[0].peak_resident_bytes).toBe(16 * entry * 2 * 2); // layers, heads
    expect(run.execution.ledger_bytes).toMatchObject({ peak: expect.any(Number) as number });
    const { peak, used } = run.execution.ledger_bytes as { peak: number; used: number };
    expect(peak).toBe(2 * 16 * entry * 4 + 4 * 3 * entry); // four-cache, the reference, and the window
    expect(used).toBe(2 * 15 * entry * 4 + 4 * 3 * entry); // the last window has 15 bytes
    expect(run.inputs).toMatchObject([
      { path: at('text.txt'), encoding: 'bytes' },
      {
        kind: 'model',
        path: model.name,
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
        context: 16,
        windows: true,
      },
    ]);
    expect((await lintTrace(at('run'))).findings).toEqual([]);
  });

  it('runs again from its run.json to the same bytes', async () => {
    const run = await execute('first', { ...asked, drive: 'window' });
    await execute('second', run.config as RunRequest);
    for (const file of ['run.json', 'steps.parquet', 'measures.parquet'])
      expect(readFileSync(at(`second/${file}`))).toEqual(readFileSync(at(`first/${file}`)));
  });

  it('goes on after a failure as if there had been none, predictions too', async () => {
    const whole = await execute('whole', asked);
    const onStep = ({ done }: { done: number }) => {
      if (done === 22) throw new Error('a fault');
    };
    await expect(execute('broken', asked, { onStep, snapshotEvery: 5 })).rejects.toThrow('a fault');
    const { run, onlySealed } = await resumeRun(how('broken'));
    expect(run.execution.resumed_at).toEqual([20]);
    expect([onlySealed, run.result_sha256]).toEqual([false, whole.result_sha256]);
    expect(readFileSync(at('broken/measures.parquet'))).toEqual(readFileSync(at('whole/measures.parquet')));
  });

  it('is recorded as it is, and a replay gives the same errors', async () => {
    const trace = { outputs: true, timings: false, recording: true };
    const run = await execute('recorded', { ...asked, trace });
    const again = await execute('replayed', {
      ...request({ name: 'recording', options: { path: at('recorded') } }, {}, caches),
    });
    expect(again).toMatchObject({ scale: 0.5, heads: 2, layers: 2, d: 4 });
    for (const table of ['steps', 'outputs'])
      expect(readFileSync(at(`replayed/${table}.parquet`))).toEqual(
        readFileSync(at(`recorded/${table}.parquet`)),
      );
    expect(run.counters.rows.recording).toBe(63 * 2 * 2);
  });

  it.each<[string, Partial<RunRequest>, string, string?]>([
    [
      'another d',
      { model: { ...model, d: 64 } },
      'd = 64, but the model',
      'leave out --d: the model decides it',
    ],
    ['another scale', { model: { ...model, scale: 1 } }, 'scale = 1, but the model'],
    ['weights beside it', { model: { ...model, weights: 'w' } }, 'weights = w: the model'],
    [
      'rotary positions',
      { model: { ...model, rotary: true } },
      'rotary = true: the model',
      'leave out --rotary',
    ],
    [
      'a source of rows',
      { source: { name: 'gaussian', options: { n: 3, d: 4 } } },
      'this source brings its own q, k and v',
    ],
    [
      'a larger vocabulary',
      { source: { name: 'text', options: { path: at('text.txt'), encoding: 'cl100k' } } },
      'encoding cl100k has 100277 tokens',
      'leave out --encoding: the model reads bytes',
    ],
    [
      'a prompt that a cache would drive',
      { drive: 'window', prompt: 3 },
      'nothing would drive the deeper layers',
      'pass --drive exact or --prompt 0',
    ],
    ['a model that is not there', { model: { name: 'tensor-tiny' } }, 'model "tensor-tiny" does not exist'],
  ])('refuses %s', async (_, change, what, hint) => {
    const failure = resolveRun({ ...asked, ...change }, noInput());
    await expect(failure).rejects.toMatchObject({
      what: expect.stringContaining(what) as string,
      ...(hint === undefined ? {} : { hint }),
    });
  });

  it('cuts token ids into windows too', async () => {
    writeFileSync(at('ids.txt'), '7 '.repeat(20));
    const run = await execute(
      'ids',
      request({ name: 'ids', options: { path: at('ids.txt') } }, model, caches),
    );
    expect(run.counters).toMatchObject({ processed: 20, rows: { measures: 2 * (20 - 2) } });
  });
});
