import fc from 'fast-check';
import { expect, it } from 'vitest';
import { largest } from './largest.js';

it('finds what sorting finds, of equals the earlier (property)', () => {
  const number = fc.oneof(
    fc.integer({ min: -3, max: 3 }),
    fc.double({ noNaN: true }),
    fc.constant(-Infinity),
  );
  fc.assert(
    fc.property(fc.array(number, { maxLength: 60 }), fc.nat(70), (list, k) => {
      const order = list
        .map((_, i) => i)
        .sort((i, j) => (list[j] > list[i] ? 1 : list[j] < list[i] ? -1 : i - j));
      const expected = order.slice(0, k).sort((i, j) => i - j);
      expect([...largest(Float64Array.from(list), k)]).toEqual(expected);
    }),
    { numRuns: 500 },
  );
});

it('takes NaN first: an unknown score must be seen', () => {
  expect([...largest(Float64Array.of(5, NaN, 7), 1)]).toEqual([1]);
  expect([...largest(Float64Array.of(Infinity, NaN, 7), 2)]).toEqual([0, 1]);
});
