import { afterAll, describe, expect, it } from 'vitest';
import { kernelLadder } from '../choose-kernel.js';
import { inlinePool } from '../inline-pool.js';
import { kernelSuite } from '../testing/kernel-suite.js';
import { loadNative } from './native.js';

const loaded = loadNative();
if ('why' in loaded) {
  if (process.env.CI) throw new Error(`native kernel: ${loaded.why}; in CI it must be tested`);
  console.warn(`native kernel: ${loaded.why}; its tests are skipped`);
}
const addon = 'addon' in loaded ? loaded.addon : null;
const sets = (['avx512', 'avx2', 'portable'] as const).filter((set) => addon?.choose(set));
afterAll(() => void addon?.choose(''));

describe.skipIf(sets.length === 0).each(sets.map((set) => ({ set })))('native $set (L8)', ({ set }) => {
  kernelSuite(
    (arena) => inlinePool(arena, 'native'),
    () => expect(addon?.choose(set)).toBe(set),
  );
});

describe('the ladder', () => {
  it('offers native where it works, then wasm, and always the reference', async () => {
    const ladder = await kernelLadder();
    expect(ladder.map(({ name }) => name)).toEqual(['native', 'wasm', 'reference']);
    expect(ladder.at(-1)).toEqual({ name: 'reference', label: 'reference', refused: null });
    expect(ladder[0].refused === null).toBe(sets.length > 0);
    if (sets.length > 0) expect(ladder[0].label).toBe(`native ${sets[0]}`);
  });
});
