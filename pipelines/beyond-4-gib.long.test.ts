import { afterAll, expect, it } from 'vitest';
import { temporaryFolder } from '../data/testing/folder.js';
import { beyondFourGib } from './testing/beyond-4-gib.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());

it('two-cache matches the exact reference at each of 3,000 steps, on its way beyond 4 GiB', async () => {
  const { largestBytes, errors } = await beyondFourGib(`${folder.path}/all`, 3000, 'native');
  expect(largestBytes).toBeGreaterThan(2 ** 32);
  expect(errors.twoCache).toHaveLength(3000);
  for (const error of [...errors.twoCache, ...errors.fourCache]) expect(error).toBeLessThan(1e-5);
});

it('two-cache matches the exact reference beyond 4 GiB by the reference kernel too', async () => {
  const { largestBytes, errors } = await beyondFourGib(`${folder.path}/reference`, 2, 'reference');
  expect(largestBytes).toBeGreaterThan(2 ** 32);
  // products are kept in float32
  for (const error of [...errors.twoCache, ...errors.fourCache]) expect(error).toBeLessThan(1e-6);
});
