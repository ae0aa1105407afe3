import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { queryDuckDB } from '../data/testing/duckdb.js';
import { temporaryFolder } from '../data/testing/folder.js';
import { executeRun, type Execution } from './execute.js';
import { resolveRun } from './resolve.js';
import { summarise } from './summarise.js';
import { request } from './testing/small-run.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());

const [N, STREAMS, D, TOKENS] = [9, 3, 4, 25]; // stream 0 has nine steps, the others eight
const source = { name: 'gaussian', options: { n: N, d: D, heads: 2, streams: STREAMS } };
const asked = request(source, {}, [['four-cache'], ['window', { size: 2 }]], { tokens: TOKENS, prompt: 3 });
const entry = 4 * D * 4 * 2; // of one token, two heads
const need = 2 * TOKENS * entry + 2 * STREAMS * entry; // reference and four-cache; a window of two in each stream

async function* nothing(): AsyncGenerator<Uint8Array> {}

const execute = async (memory: number, more: Partial<Execution> = {}) => {
  const dir = join(folder.path, `run-${memory}`);
  const { signal } = new AbortController();
  const how = { dir, threads: 2, signal, logLevel: 'silent', onStep: () => {} } as const;
  return executeRun(await resolveRun({ ...asked, memory }, nothing()), { ...how, ...more });
};

it('several streams fit into exactly what they need, and not into a byte less', async () => {
  await expect(execute(need - 1)).rejects.toThrow(/all caches together .* over the budget/);
  const { run } = await execute(need);
  expect(run).toMatchObject({ status: 'complete', counters: { read: TOKENS, processed: TOKENS } });
  expect(run.execution).toMatchObject({ ledger_bytes: { used: need, peak: need } });
});

it('a summary adds up what lives together, and takes R from decoded steps with n ≥ 2', async () => {
  const dir = join(folder.path, `run-${need}`);
  const { tokens, score_std, caches } = await summarise(dir);
  expect(tokens).toBe(TOKENS);
  const peaks = caches.map(({ peak_resident_bytes }) => peak_resident_bytes);
  expect(peaks).toEqual([TOKENS * entry, 2 * STREAMS * entry]);
  const steps = `'${dir}/steps.parquet'`;
  const [row] = await queryDuckDB(
    `select sqrt(avg(score_std ** 2)) as r, quantile_disc(err_rel_l2, 0.99) as p99 from ${steps}
     where not prefill and step > 0 and cache = 'window'`,
  );
  expect(score_std).toBeCloseTo(Number(row.r), 12);
  expect(caches[1].err_rel_l2_p99).toBe(row.p99);
  const lengths = await queryDuckDB(
    `select stream_id, count(distinct step)::int as n, count(*)::int as rows from ${steps} group by 1 order by 1`,
  );
  expect(lengths.map(({ n, rows }) => [n, rows])).toEqual([
    [9, 36],
    [8, 32],
    [8, 32],
  ]);
});

it('an interrupt while the trace is sealed changes nothing', async () => {
  const abort = new AbortController();
  const calls: string[] = [];
  const { run } = await execute(2 * need, {
    signal: abort.signal,
    onStep: ({ done }) => calls.push(`${done}`),
    onSealing() {
      calls.push('sealing');
      abort.abort();
    },
  });
  expect(calls.slice(-2)).toEqual([`${TOKENS}`, 'sealing']);
  expect(run.status).toBe('complete');
});
