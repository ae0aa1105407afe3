import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { temporaryFolder } from '../data/testing/folder.js';
import { succeed } from '../src/cli/testing/kronflow.js';
import { count } from './testing/traces.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());

// the default run but for its caches: scores are those of the exact reference
it.each([0.5, 1, 2])('--score-std %f gives scores with that deviation on the default text', async (R) => {
  const args = ['run', '-c', 'window:size=1', '--score-std', `${R}`, '--json', '-o', `r${R}`];
  const { score_std } = JSON.parse(await succeed(args, { cwd: folder.path })) as { score_std: number };
  expect(Math.abs(score_std / R - 1)).toBeLessThan(0.1);
  const steps = join(folder.path, `r${R}`, 'steps.parquet');
  const squares = await count(`select avg(score_std ** 2) from '${steps}' where step > 0`);
  expect(score_std).toBeCloseTo(Math.sqrt(squares), 12);
});
