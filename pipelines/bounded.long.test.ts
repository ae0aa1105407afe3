import { afterAll, expect, it } from 'vitest';
import { temporaryFolder } from '../data/testing/folder.js';
import { boundedRun, type BoundedRun } from './testing/bounded-run.js';
import { expectFlat } from './testing/expect-flat.js';

const [SHORT, LONG] = [5000, 100_000];
const GROWTH_BYTES = 200e6; // rows that wait for their row group, and what the garbage collector is slow to give back
const folder = temporaryFolder();
afterAll(() => folder.remove());

it('100,000 tokens through caches of bounded memory take no more of it than 5,000', async () => {
  const short = await boundedRun(folder.path, SHORT, 300_000);
  const long = await boundedRun(folder.path, LONG, 1_800_000);
  for (const run of [short, long]) console.log(described(run));
  expect(long.rows).toBe(4 * LONG);
  for (const run of [short, long]) expectFlat(run);
  expect(long.peakRssBytes - short.peakRssBytes).toBeLessThan(GROWTH_BYTES);
});

function described({ seconds, peakBytes, peakRssBytes, rows }: BoundedRun): string {
  const MB = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
  return `${rows} rows in ${seconds.toFixed(0)} s: caches at most ${MB(peakBytes)}, process at most ${MB(peakRssBytes)}`;
}
