import { expect, it } from 'vitest';
import { keyNorm } from './key-norm.js';
import { startTrial } from './testing/harness.js';

const row = (x: number) => Float64Array.of(x, 0);

/** Positions kept on side 1 after each token, given the lengths of the keys of side 1; side 2 has them reversed. */
function keptAfterEach(norms: readonly number[], options: Parameters<typeof keyNorm>[0]) {
  const trial = startTrial(keyNorm(options), { d: 2, order: 'tensor', scale: 1, dtype: 'f32' });
  const after = norms.map((norm, i) => {
    const k2 = row(norms[norms.length - 1 - i]);
    trial.append({ q: row(1), k1: row(norm), k2, v1: row(1), v2: row(1) });
    const { side1, side2 } = trial.cache.positions!();
    return { side1: [...side1].sort(), side2: [...side2].sort() };
  });
  trial.release();
  return after;
}

it('the longest of the older keys leaves, each side by its own keys', () => {
  const after = keptAfterEach([3, -5, 1, 4, 2], { size: 3 });
  // side 1: |k| = 3 5 1 | 4: out goes 5 (1), then 4 (3) for the last
  expect(after.map(({ side1 }) => side1)).toEqual([[0], [0, 1], [0, 1, 2], [0, 2, 3], [0, 2, 4]]);
  // side 2: |k| = 2 4 1 | 5: out goes 4 (1), then 5 (3)
  expect(after.map(({ side2 }) => side2)).toEqual([[0], [0, 1], [0, 1, 2], [0, 2, 3], [0, 2, 4]]);
});

it('of equal norms the older leaves', () => {
  const after = keptAfterEach([2, 1, -2, 2, 1], { size: 3 });
  expect(after.map(({ side1 }) => side1).slice(2)).toEqual([
    [0, 1, 2],
    [1, 2, 3],
    [1, 3, 4],
  ]);
});

it('the last `recent` tokens never leave; if they fill the budget it is a window', () => {
  const norms = [1, 9, 8, 7, 6, 5];
  expect(keptAfterEach(norms, { size: 3, recent: 1 }).at(-1)!.side1).toEqual([0, 4, 5]);
  expect(keptAfterEach(norms, { size: 3, recent: 2 }).at(-1)!.side1).toEqual([0, 4, 5]);
  expect(keptAfterEach([1, 2, 9, 3, 4, 5], { size: 3, recent: 2 }).map(({ side1 }) => side1)).toEqual([
    [0],
    [0, 1],
    [0, 1, 2],
    [0, 2, 3], // 9 is recent: 2 leaves
    [0, 3, 4], // now 9 leaves
    [0, 4, 5],
  ]);
  expect(keptAfterEach(norms, { size: 3, recent: 3 }).at(-1)!.side1).toEqual([3, 4, 5]);
});

it('refuses a budget smaller than what never leaves', () => {
  const shape = { d: 2, order: 'matrix', scale: 1, dtype: 'f32' } as const;
  expect(() => startTrial(keyNorm({ size: 3, recent: 4 }), shape)).toThrow('4 is the least');
  expect(() => keyNorm({ recent: 0 })).toThrow(expect.objectContaining({ code: 'bad-option' }) as Error);
});
