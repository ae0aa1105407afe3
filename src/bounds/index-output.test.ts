import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodingThreshold, indexWeights, queryNorm } from './index-output.js';

const scores = fc.array(fc.double({ min: -20, max: 20, noNaN: true }), { minLength: 1, maxLength: 40 });

it('weights sum to 1, those of score 0 included', () => {
  fc.assert(
    fc.property(scores, fc.constantFrom('four' as const, 'two' as const), (list, stream) => {
      const { weights, zero } = indexWeights(list, stream);
      expect(weights.reduce((sum, w) => sum + w, zero)).toBeCloseTo(1, 12);
    }),
  );
});

it('equals attention over all pairs, the zero token included', () => {
  const list = [1.5, -0.3, 0.7];
  const all = [...list, 0].map((score) => [score, score, score, 0]); // four caches: k2 = 1, 1, 1, 0
  const total = all.flat().reduce((sum, s) => sum + Math.exp(s), 0);
  const { weights, zero } = indexWeights(list, 'four');
  list.forEach((score, a) => expect(weights[a]).toBeCloseTo((3 * Math.exp(score)) / total, 12));
  expect(zero).toBeCloseTo(7 / total, 12);
  expect(indexWeights(list, 'two').zero).toBeCloseTo(
    1 / (1 + list.reduce((sum, s) => sum + Math.exp(s), 0)),
    12,
  );
});

it('a bit decodes for every x exactly when w_i exceeds the rest, at θ and not always at 1/2', () => {
  // n = 3, C = 1.3·ln n, orthogonal keys: the zero pairs weigh .27 and 1/2 fails (math.md 3.2)
  const { weights, zero } = indexWeights([1.3 * Math.log(3), 0, 0], 'four');
  const [lowest1, highest0] = [weights[0], weights[1] + weights[2]];
  const theta = decodingThreshold(zero);
  expect(zero).toBeCloseTo(0.27, 1);
  expect([lowest1 > highest0, lowest1 >= theta, highest0 < theta]).toEqual([true, true, true]);
  expect(lowest1 >= 0.5).toBe(false);
});

it('asks with norm 2·ln N', () => {
  expect(queryNorm(64 ** 2)).toBeCloseTo(4 * Math.log(64), 12);
});
