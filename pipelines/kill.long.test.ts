import { afterAll, expect, it } from 'vitest';
import { temporaryFolder } from '../data/testing/folder.js';
import { moments, ROWS, SealableRun } from './testing/kill-and-seal.js';

const KILLS = 100;
const folder = temporaryFolder();
afterAll(() => folder.remove());

it(`kill -9 at ${KILLS} moments of a run, then seal: the first rows of the whole run, and none that was promised lost`, async () => {
  const seed = Number(process.env.KRONFLOW_SEED ?? 2028);
  const run = new SealableRun(folder.path);
  await run.whole();
  const rows: number[] = [];
  for (const [i, moment] of moments(KILLS, seed).entries())
    rows.push(await run.killAndSeal(`killed-${i}`, moment));
  const count = (is: (n: number) => boolean) => rows.filter(is).length;
  const [nothing, all] = [count((n) => n === 0), count((n) => n === ROWS)];
  console.log(`seed ${seed}: nothing ${nothing}, a part ${KILLS - nothing - all}, everything ${all}`);
  expect(nothing).toBeGreaterThan(0);
  expect(KILLS - nothing - all).toBeGreaterThan(KILLS / 3);
  expect(all).toBeGreaterThanOrEqual(KILLS / 4);
});
