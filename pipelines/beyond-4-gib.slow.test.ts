import { afterAll, expect, it } from 'vitest';
import { temporaryFolder } from '../data/testing/folder.js';
import { loadNative } from '../workers/kernels/native.js';
import { beyondFourGib } from './testing/beyond-4-gib.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());

// beyond-4-gib.long.test.ts has the reference kernel, and every step
it.skipIf('why' in loadNative())(
  'two-cache at n = 3,000, d = 64 matches the exact reference beyond 4 GiB',
  async () => {
    const { largestBytes, errors } = await beyondFourGib(`${folder.path}/native`, 2, 'native');
    expect(largestBytes).toBeGreaterThan(2 ** 32);
    expect(errors.twoCache).toHaveLength(2);
    for (const error of [...errors.twoCache, ...errors.fourCache]) expect(error).toBeLessThan(1e-6);
  },
);

it('wasm says that it cannot', async () => {
  await expect(beyondFourGib(`${folder.path}/wasm`, 2, 'wasm')).rejects.toMatchObject({
    code: 'bad-option',
    what: expect.stringMatching(/--kernel wasm: its memory ends at 4 GiB/),
  });
});
