import fc from 'fast-check';
import { expect, it } from 'vitest';
import { shareBytes } from './share-bytes.js';

it('shares in proportion to weights', () => {
  expect(shareBytes(100, [1, 3, 6], { least: 1, most: Infinity })).toEqual([10, 30, 60]);
  expect(shareBytes(64, [1, 1, 1, 1], { least: 1, most: Infinity })).toEqual([16, 16, 16, 16]);
});

it('gives nobody less than the least nor more than the most, and what is left to the others', () => {
  expect(shareBytes(100, [1, 3, 6], { least: 20, most: Infinity })).toEqual([20, 26, 53]);
  expect(shareBytes(100, [1, 3, 6], { least: 1, most: 50 })).toEqual([12, 37, 50]);
  expect(shareBytes(100, [1, 3, 6], { least: 22, most: 45 })).toEqual([22, 33, 45]);
  expect(shareBytes(100, [1, 3, 6], { least: 5, most: 7 })).toEqual([7, 7, 7]);
  expect(shareBytes(15, [1, 3, 6], { least: 5, most: 7 })).toEqual([5, 5, 5]);
});

it('never gives more than there is, keeps the order of the weights, and leaves nothing but fractions of a byte', () => {
  const weights = fc.array(fc.double({ min: 1e-3, max: 1e3, noNaN: true }), { minLength: 1, maxLength: 40 });
  const sizes = [
    fc.integer({ min: 1, max: 500 }),
    fc.integer({ min: 0, max: 5000 }),
    fc.integer({ min: 0, max: 100_000 }),
  ] as const;
  fc.assert(
    fc.property(weights, ...sizes, (all, least, more, spare) => {
      const total = all.length * least + spare;
      const most = least + more;
      const shares = shareBytes(total, all, { least, most });
      const given = shares.reduce((sum, share) => sum + share, 0);
      expect(given).toBeLessThanOrEqual(total);
      if (shares.some((share) => share < most)) expect(given).toBeGreaterThan(total - all.length);
      shares.forEach((share, i) => {
        expect(share).toBeGreaterThanOrEqual(least);
        expect(share).toBeLessThanOrEqual(most);
        all.forEach((weight, j) => {
          if (weight > all[i]) expect(shares[j]).toBeGreaterThanOrEqual(share);
        });
      });
    }),
    { numRuns: 200, seed: 1 },
  );
});
