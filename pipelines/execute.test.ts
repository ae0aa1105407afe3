import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { queryDuckDB } from '../data/testing/duckdb.js';
import { temporaryFolder } from '../data/testing/folder.js';
import { writeSafetensors } from '../data/weights/write-safetensors.js';
import { randomStream } from '../src/core/random.js';
import { createPool } from '../workers/pool.js';
import { executeRun, type Execution } from './execute.js';
import { resolveRun, type RunRequest } from './resolve.js';
import { smallRun } from './testing/small-run.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());

const request: RunRequest = {
  kronflow: 1,
  source: { name: 'gaussian', options: { n: 12, d: 4, heads: 2 } },
  model: {},
  caches: [{ name: 'four-cache', label: 'four-cache', options: {} }],
  reference: 'f64',
  prompt: 0,
  tokens: null,
  seed: 3,
  memory: null,
  trace: { outputs: true, timings: true, recording: false },
};
async function* noInput(): AsyncGenerator<Uint8Array> {}

const execute = async (name: string, more: Partial<Execution> = {}, asked = request) => {
  const dir = join(folder.path, name);
  const rest = {
    threads: 1,
    signal: new AbortController().signal,
    logLevel: 'silent',
    onStep: () => {},
  } as const;
  return executeRun(await resolveRun(asked, noInput()), { dir, ...rest, ...more });
};

it('goes on when a worker thread dies, with the same result and a row in the events table', async () => {
  const whole = await execute('whole');
  const task = new URL('../workers/testing/dying.task.mjs', import.meta.url).href;
  const survived = await execute('survived', {
    pool: (options) => {
      options.arena.ints(4, 1)[0] = 1; // the first call kills its thread
      return createPool({ ...options, threads: 2, task, small: 0 });
    },
  });
  expect(survived.run.result_sha256).toBe(whole.run.result_sha256);
  expect(survived.run).toMatchObject({
    status: 'complete',
    counters: { read: 12, processed: 12, refused: 0 },
  });
  const events = await queryDuckDB(`SELECT * FROM '${folder.path}/survived/events.parquet'`);
  expect(events).toMatchObject([
    { kind: 'worker-restarted', message: expect.stringMatching(/exited with code: 7/) },
  ]);
  expect(await queryDuckDB(`SELECT * FROM '${folder.path}/whole/events.parquet'`)).toEqual([]);
});

it('projects by pruned weights without their zeros: the rows of the whole matrices, fewer bytes and operations', async () => {
  const path = join(folder.path, 'pruned.safetensors');
  const normal = randomStream(4);
  const tensors = ['q', 'k1', 'k2', 'v1', 'v2'].map((part) => {
    const data = Float32Array.from({ length: 64 }, (_, i) =>
      part !== 'v1' && (i + (i >> 3)) % 4 > 0 ? 0 : normal.gaussian(),
    );
    return [`layers.0.w_${part}`, { shape: [8, 8], data }] as const;
  });
  const ids = join(folder.path, 'ids.txt');
  await writeFile(ids, '3 1 4 1 5');
  await writeSafetensors(path, Object.fromEntries(tensors));
  const asked = {
    ...request,
    source: { name: 'ids', options: { path: ids } },
    model: { d: 4, heads: 2, weights: path },
  };
  const { run } = await execute('pruned', { kernel: 'reference' }, asked);
  expect(run.execution.projection).toEqual({
    ...{ matrices: 5, sparse_matrices: 4, bytes: 64 * 4 + 4 * (16 * 6 + 9 * 4), dense_bytes: 5 * 64 * 4 },
    ...{ flops_per_token: 2 * (64 + 4 * 16), dense_flops_per_token: 2 * 5 * 64 },
  });
  const { outputs } = await smallRun(asked);
  const written = await queryDuckDB(`SELECT output FROM '${folder.path}/pruned/outputs.parquet'`);
  expect(written.map(({ output }) => output)).toEqual(
    outputs.map(({ output }) => Array.from(output, Math.fround)),
  );
});
