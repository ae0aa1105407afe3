import { afterAll, expect, it } from 'vitest';
import { temporaryFolder } from '../data/testing/folder.js';
import { boundedRun } from './testing/bounded-run.js';
import { expectFlat } from './testing/expect-flat.js';

const TOKENS = 5000;
const folder = temporaryFolder();
afterAll(() => folder.remove());

it('5,000 tokens through caches of bounded memory take no more of it than 1,000 (100,000: bounded.long.test.ts)', async () => {
  const run = await boundedRun(folder.path, TOKENS, 250_000);
  expect(run.rows).toBe(4 * TOKENS);
  expectFlat(run);
});
