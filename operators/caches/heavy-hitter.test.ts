import { expect, it } from 'vitest';
import { heavyHitter } from './heavy-hitter.js';
import { keptAfterEach } from './testing/scalar-stream.js';

const ln = Math.log;

it('drops the least sum of all queries so far, the recent tokens excepted', async () => {
  const kept = await keptAfterEach(heavyHitter({ size: 4, recentShare: 0.5 }), [
    [ln(3), 1], // weights e^k
    [ln(1), 1], // 3, 1: sums 1.75, 0.25
    [ln(4), 1], // 3, 1, 4: 2.125, 0.375, 0.5
    [ln(7), 1], // 3, 1, 4, 7: 2.325, 0.442, 0.767, 0.467
    [ln(1), 1], // token 1 leaves (3 and 4 are recent); 3, 4, 7, 1: 2.525, 1.033, 0.933, 0.067
    [ln(2), 1], // token 3 leaves; 3, 4, 1, 2: 2.825, 1.433, 0.167, 0.2
    [ln(1), -1], // token 4 leaves
  ]);
  expect(kept.slice(3)).toEqual([
    [0, 1, 2, 3],
    [0, 2, 3, 4],
    [0, 2, 4, 5],
    [0, 2, 5, 6],
  ]);
});

it('remembers earlier queries: a token that was heavy stays though the last query ignores it', async () => {
  const kept = await keptAfterEach(heavyHitter({ size: 3, recentShare: 0.3 }), [
    [5, 1],
    [1, 1],
    [3, 1], // sums: token 0 about 2.8
    [2, -1],
    [9, -1], // the last query gives token 0 next to nothing
  ]);
  expect(kept.at(-1)).toContain(0);
});

it('is a window when the whole budget is for recent tokens', async () => {
  const tokens = Array.from({ length: 6 }, (_, i) => [-i, 1] as const);
  expect((await keptAfterEach(heavyHitter({ size: 3, recentShare: 1 }), tokens)).at(-1)).toEqual([3, 4, 5]);
  expect((await keptAfterEach(heavyHitter({ size: 3, recentShare: 0 }), tokens)).at(-1)).toEqual([0, 1, 5]);
});
