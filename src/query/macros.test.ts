import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { temporaryFolder } from '../../data/testing/folder.js';
import { stepRow } from '../../data/testing/rows.js';
import { macros, openTraces, type TraceDb } from './index.js';
import { writeTrace } from './testing/traces.js';

const folder = temporaryFolder();
let db: TraceDb;
const STEPS = 64;

// two heads; bytes 8n, 2n² and 100, times 10n, 1n² and 320 in ms over both heads
const CACHES = [
  { cache: 'four-cache', bytes: (n: number) => 4 * n, ms: (n: number) => 5 * n, error: (): number => 0 },
  { cache: 'square', bytes: (n: number) => n * n, ms: (n: number) => (n * n) / 2, error: () => 0.25 },
  { cache: 'flat', bytes: () => 50, ms: () => 160, error: (n: number) => n / STEPS },
];

beforeAll(async () => {
  const batches = Array.from({ length: STEPS }, (_, step) => ({
    steps: CACHES.flatMap(({ cache, bytes, ms, error }) =>
      [0, 1].map((head) => ({
        ...{
          ...stepRow(4),
          cache,
          head,
          step,
          prefill: false,
          resident_bytes: bytes(step + 1),
          metadata_bytes: 0,
        },
        ...{
          update_ns: 0,
          plan_ns: null,
          attend_ns: 1e6 * ms(step + 1),
          err_rel_l2: error(step + 1),
          score_std: 2,
        },
      })),
    ),
  }));
  db = await openTraces([
    await writeTrace(folder.path, 'a', batches),
    await writeTrace(folder.path, 'b', batches),
  ]);
});
afterAll(() => {
  db.close();
  folder.remove();
});
const ofTrace = (from: string) =>
  db.objects(`select * exclude (trace) from (from ${from}) where trace = 'a'`);

it('find slopes', async () => {
  for (const macro of ['bytes_slope', 'ms_slope']) {
    const rows = await ofTrace(`${macro}(from_n := 3)`);
    expect(rows.map(({ cache, from_n, to_n }) => [cache, from_n, to_n])).toEqual([['square', 3, 64], ['four-cache', 3, 64], ['flat', 3, 64]]); // prettier-ignore
    rows.forEach(({ slope }, i) => expect(slope).toBeCloseTo([2, 1, 0][i], 9));
  }
});

it('find where a cache beats the exact one', async () => {
  const rows = await ofTrace('crossover(bin := 1)');
  const flat = { cache: 'flat', holds_less_from_n: 13, holds_less_for_good_from_n: 13, faster_from_n: 33 };
  const square = {
    cache: 'square',
    holds_less_from_n: 1,
    holds_less_for_good_from_n: null,
    faster_from_n: 1,
  };
  expect(rows).toEqual([flat, square]);
  expect(await ofTrace("crossover('nosuch')")).toEqual([]);
});

it('give quantiles as nearest ranks, of all rows and by step', async () => {
  const flat = (await ofTrace('error_quantiles()')).find(({ cache }) => cache === 'flat');
  expect(flat).toMatchObject({ p50: 0.5, p90: 58 / 64, p99: 1, max: 1, answers: 2 * STEPS, score_std: 2 });
  const bins = await ofTrace("by_step('err_rel_l2', share := 1, bin := 32)");
  expect(bins.filter(({ cache }) => cache === 'flat')).toEqual([
    { cache: 'flat', from_step: 0, value: 0.5 },
    { cache: 'flat', from_step: 32, value: 1 },
  ]);
  expect(await ofTrace('error_by_head()')).toHaveLength(6);
});

it('leave out what is beaten', async () => {
  expect((await ofTrace('pareto()')).map(({ cache }) => cache)).toEqual(['flat', 'four-cache']);
});

it('compare two traces', async () => {
  const rows = await db.objects("from versus('a', 'b')");
  expect(rows.map(({ cache, bytes_ratio, ms_ratio, error_ratio }) => [cache, bytes_ratio, ms_ratio, error_ratio])).toEqual([['flat', 1, 1, 1], ['four-cache', 1, 1, null], ['square', 1, 1, 1]]); // prettier-ignore
});

it('are all in docs/query.md', () => {
  const page = readFileSync('docs/query.md', 'utf8').replace(/ +\|/g, ' |'); // prettier aligns tables
  for (const { name, args, doc } of macros) expect(page).toContain(`| \`${name}(${args})\` | ${doc} |`);
});
