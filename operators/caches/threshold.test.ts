import { expect, it } from 'vitest';
import { randomStream } from '../../src/core/random.js';
import { startTrial } from './testing/harness.js';
import { threshold } from './threshold.js';

const ones = Float64Array.of(1, 1);
const shape = { d: 2, order: 'tensor', scale: 1, dtype: 'f64' } as const;

/** Positions kept on both sides, given the keys of side 1 and of side 2 (x, 0). */
function kept(one: readonly number[], two: readonly number[], options: Parameters<typeof threshold>[0]) {
  const trial = startTrial(threshold(options), shape);
  one.forEach((x, i) =>
    trial.append({ q: ones, k1: Float64Array.of(x, 0), k2: Float64Array.of(two[i], 0), v1: ones, v2: ones }),
  );
  const { side1, side2 } = trial.cache.positions!();
  const { evicted1, evicted2 } = trial.cache.census();
  trial.release();
  return [side1, side2, evicted1 + evicted2];
}

it('by distance: a key at the threshold from all kept ones is kept, one nearer to any is skipped', () => {
  const keys = [0, 0.9, 1, 1.9, 2.5, -1, 0];
  expect(kept(keys, keys.map((x) => 9 * x), { threshold: 1 })).toEqual([[0, 2, 4, 5], [0, 1, 3, 4, 5], 0]); // prettier-ignore
});

it('by distance 0 even a repeated key is kept', () => {
  expect(kept([1, 1, 1], [2, 2, 2], { threshold: 0 })).toEqual([[0, 1, 2], [0, 1, 2], 0]);
});

it('by norm: the first, and what is at most as long as the threshold', () => {
  expect(kept([5, 2, -2, 2.1, 0], [1, 1, 3, 1, 3], { by: 'norm', threshold: 2 })).toEqual([
    [0, 1, 2, 4],
    [0, 1, 3],
    0,
  ]);
});

it('by distance, holds as many tokens of a bounded set after 2,000 as after 20,000', () => {
  const trial = startTrial(threshold({ threshold: 0.5 }), shape);
  const random = randomStream(1, 'keys');
  const key = () => Float64Array.of(random.uniform(), random.uniform());
  const census = [2000, 20_000].map((n) => {
    while (trial.appended < n) trial.append({ q: ones, k1: key(), k2: key(), v1: ones, v2: ones });
    return trial.cache.census();
  });
  expect(census[1]).toEqual(census[0]);
  expect(census[0].kept1).toBeLessThanOrEqual(9); // half a unit apart in a unit square
  trial.release();
});

it.each([{ threshold: -1 }, { threshold: NaN }, { by: 'cosine' as 'norm' }])('refuses %o', (options) => {
  expect(() => threshold(options)).toThrow(expect.objectContaining({ code: 'bad-option' }) as Error);
});
