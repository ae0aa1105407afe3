import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { queryDuckDB } from '../data/testing/duckdb.js';
import { temporaryFolder } from '../data/testing/folder.js';
import { createPool } from '../workers/pool.js';
import { executeRun, type Execution } from './execute.js';
import { resolveRun, type RunRequest } from './resolve.js';

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

const execute = async (name: string, more: Partial<Execution> = {}) => {
  const dir = join(folder.path, name);
  const rest = {
    threads: 1,
    signal: new AbortController().signal,
    logLevel: 'silent',
    onStep: () => {},
  } as const;
  return executeRun(await resolveRun(request, noInput()), { dir, ...rest, ...more });
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
