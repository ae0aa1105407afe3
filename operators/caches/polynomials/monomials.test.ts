import { describe, expect, it } from 'vitest';
import { monomialCount } from '../../../src/core/monomial-count.js';
import { monomials } from './monomials.js';

describe('monomials', () => {
  it('lists every monomial once, by degree, with its multinomial coefficient', () => {
    const list = monomials(3, 4);
    const x = [2, 3, 5];
    expect(list.count).toBe(35);
    expect(new Set(list.at(x)).size).toBe(35); // products of primes: no two are the same
    for (let k = 0; k <= 4; k++) {
      let sum = 0;
      list.at(x).forEach((value, f) => (sum += list.degree[f] === k ? list.multinomial[f] * value : 0));
      expect(sum).toBe(10 ** k);
    }
    expect([...list.degree]).toEqual([...list.degree].sort((a, b) => a - b));
  });

  it.each([
    [4, 4, 70],
    [8, 6, 3003],
    [32, 4, 58_905],
    [64, 4, 814_385],
    [5, 0, 1],
  ])('d = %i, degree %i: %i', (d, g, r) => expect(monomialCount(d, g)).toBe(r));
});
