import fc from 'fast-check';
import { expect, it } from 'vitest';
import { randomStream } from '../../../src/core/random.js';
import { SharedArena } from '../../../workers/index.js';
import { scorePairs } from './score-pairs.js';

const arena = SharedArena.create('f32');
const keysOf = (count: number, d: number, seed: number) => {
  const random = randomStream(seed, 'keys');
  const rows = arena.rows(d, () => {});
  for (let i = 0; i < count; i++) rows.append(Array.from({ length: d }, () => random.gaussian()));
  return rows;
};

it('scores every pair, side 1 outside, as the definition says (property)', () => {
  const size = fc.integer({ min: 0, max: 70 });
  fc.assert(
    fc.property(size, size, fc.integer({ min: 1, max: 19 }), fc.nat(1e6), (n1, n2, d, seed) => {
      const [k1, k2] = [keysOf(n1, d, seed), keysOf(n2, d, seed + 1)];
      const q = Float64Array.from({ length: d }, (_, t) => Math.sin(seed + t));
      const scores = scorePairs(q, 0.5, k1, k2);
      expect(scores).toHaveLength(n1 * n2);
      scores.forEach((score, i) => {
        const [a, b] = [k1.read(Math.floor(i / n2)), k2.read(i % n2)];
        expect(score).toBeCloseTo(
          q.reduce((sum, x, t) => sum + 0.5 * x * a[t] * b[t], 0),
          12,
        );
      });
      for (const rows of [k1, k2]) rows.release();
    }),
    { numRuns: 30 },
  );
});

it('scores single keys in matrix order', () => {
  const keys = keysOf(5, 3, 1);
  const q = Float32Array.of(1, -2, 3);
  const expected = Array.from({ length: 5 }, (_, a) =>
    Array.from(keys.read(a)).reduce((s, x, t) => s + 2 * q[t] * x, 0),
  );
  scorePairs(q, 2, keys, null).forEach((score, a) => expect(score).toBeCloseTo(expected[a], 5));
});
