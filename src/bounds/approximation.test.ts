import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { monomialCount } from '../core/monomial-count.js';
import { randomStream } from '../core/random.js';
import { taylorError } from '../core/taylor-error.js';
import { breakEven } from './monomials.js';
import { sparsityBound } from './sparsity.js';
import { taylorBound, taylorDegree } from './taylor-error.js';
import { shareForMass, topKMass } from './top-k-mass.js';

describe('natural sparsity', () => {
  // math.md 7.2: n = 1024, k = 128, failure .05
  it.each([
    [1, 0.25, 221],
    [3, 0.015, 13.5],
    [6, 2.3e-4, 0.2],
  ])('R = %d: ε = %d and (n − k)·ε = %d', (R, eps, mass) => {
    const bound = sparsityBound({ n: 1024, k: 128, R, failure: 0.05 });
    expect(Number(bound.toPrecision(2))).toBe(eps);
    expect(Number(((1024 - 128) * bound).toPrecision(mass > 1 ? 3 : 2))).toBe(mass);
  });

  it('never fails more often than it says', () => {
    const random = randomStream(1, 'sparsity');
    const [n, k, R] = [512, 32, 2];
    const eps = sparsityBound({ n, k, R, failure: 0.05 });
    let failed = 0;
    for (let trial = 0; trial < 200; trial++) {
      const weights = Array.from({ length: n }, () => Math.exp(R * random.gaussian())).sort((a, b) => b - a);
      if (weights[k] / weights.reduce((sum, x) => sum + x, 0) > eps) failed++;
    }
    expect(failed).toBeLessThanOrEqual(20);
  });

  it('shrinks with R and with k', () => {
    const at = (R: number, k: number) => sparsityBound({ n: 1024, k, R, failure: 0.05 });
    expect(at(2, 128)).toBeLessThan(at(1, 128));
    expect(at(2, 256)).toBeLessThan(at(2, 128));
  });
});

describe('top-k mass', () => {
  it.each([
    [1, 0.1, 0.389],
    [2, 0.1, 0.764],
    [3, 0.1, 0.957],
    [1, 0.01, 0.092],
    [2, 0.01, 0.372],
    [3, 0.01, 0.75],
  ])('R = %d, share %d: %d', (R, share, mass) => {
    expect(topKMass(share, R)).toBeCloseTo(mass, 3);
  });

  it('is inverted: 95 % of the mass needs .36 of the scores at R = 2 and .0093 at R = 4', () => {
    expect(shareForMass(0.05, 2)).toBeCloseTo(0.36, 2);
    expect(shareForMass(0.05, 4)).toBeCloseTo(0.0093, 4);
    expect(topKMass(shareForMass(0.05, 3), 3)).toBeCloseTo(0.95, 9);
  });

  it('is within 2 % of measured mass at n = 65,536 and R ≤ 2', () => {
    const random = randomStream(1, 'top-k');
    for (const R of [1, 2]) {
      const weights = Float64Array.from({ length: 65_536 }, () => Math.exp(R * random.gaussian())).sort();
      const total = weights.reduce((sum, x) => sum + x, 0);
      const top = weights.subarray(-6554).reduce((sum, x) => sum + x, 0);
      expect(Math.abs(top / total / topKMass(0.1, R) - 1)).toBeLessThan(0.02);
    }
  });
});

describe('Taylor polynomials of e^x', () => {
  it.each([
    [0.5, [2, 3, 4]],
    [1, [3, 5, 6]],
    [2, [7, 8, 10]],
    [4, [14, 15, 17]],
    [6, [21, 22, 24]],
  ])('B = %d: degrees %j for errors of 1e-1, 1e-2 and 1e-3', (B, degrees) => {
    expect([1e-1, 1e-2, 1e-3].map((target) => taylorDegree(target, B))).toEqual(degrees);
  });

  it('have the error that a grid finds, attained at −B and at most e^B·B^(g+1)/(g+1)!', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 8 }), fc.double({ min: 0.3, max: 4, noNaN: true }), (g, B) => {
        const errorAt = (x: number) => {
          let [term, sum] = [1, 1];
          for (let k = 1; k <= g; k++) sum += term *= x / k;
          return Math.abs(sum * Math.exp(-x) - 1);
        };
        const worst = Math.max(...Array.from({ length: 201 }, (_, i) => errorAt(B * (i / 100 - 1))));
        expect(taylorError(g, B)).toBeCloseTo(errorAt(-B), 8);
        expect(worst).toBeLessThanOrEqual(taylorError(g, B) + 1e-9);
        expect(taylorError(g, B)).toBeLessThanOrEqual(taylorBound(g, B));
      }),
    );
  });
});

describe('break-even of the polynomial cache', () => {
  // d, g, r, n for memory, n for time: the whole table of math.md 5.4
  it.each([
    [4, 4, 70, 44, 13],
    [4, 6, 210, 132, 22],
    [8, 4, 495, 279, 32],
    [8, 6, 3003, 1690, 77],
    [16, 2, 153, 82, 17],
    [16, 4, 4845, 2574, 95],
    [32, 2, 561, 290, 32],
    [32, 4, 58_905, 30_373, 327],
    [64, 2, 2145, 1090, 62],
    [64, 4, 814_385, 413_555, 1204],
  ])('d = %d, g = %d: r = %d, n = %d and %d', (d, g, monomials, memory, time) => {
    expect(breakEven(d, g)).toEqual({ monomials, memory, time });
  });

  it('counts monomials as Pascal does', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 40 }), fc.integer({ min: 1, max: 6 }), (d, g) => {
        expect(monomialCount(d, g)).toBe(monomialCount(d - 1, g) + monomialCount(d, g - 1));
      }),
    );
  });
});
