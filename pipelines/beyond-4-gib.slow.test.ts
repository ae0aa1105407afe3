import { afterAll, expect, it } from 'vitest';
import { temporaryFolder } from '../data/testing/folder.js';
import { loadNative } from '../workers/kernels/native.js';
import { beyondFourGib } from './testing/beyond-4-gib.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());

it.each([
  ['native', 1e-6],
  ['reference', 1e-6], // products are kept in float32
] as const)(
  'two-cache at n = 3,000, d = 64 matches the exact reference beyond 4 GiB, by the %s kernel',
  async (kernel, tolerance) => {
    if (kernel === 'native' && 'why' in loadNative()) return;
    const { largestBytes, errors } = await beyondFourGib(`${folder.path}/${kernel}`, 2, kernel);
    expect(largestBytes).toBeGreaterThan(2 ** 32);
    expect(errors.twoCache).toHaveLength(2);
    for (const error of [...errors.twoCache, ...errors.fourCache]) expect(error).toBeLessThan(tolerance);
  },
);

it('wasm says that it cannot', async () => {
  await expect(beyondFourGib(`${folder.path}/wasm`, 2, 'wasm')).rejects.toMatchObject({
    code: 'bad-option',
    what: expect.stringMatching(/--kernel wasm: its memory ends at 4 GiB/),
  });
});
