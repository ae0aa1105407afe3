import { describe, expect, it } from 'vitest';
import { taylorError } from '../../../src/core/taylor-error.js';
import { minimaxCoefficients } from './minimax.js';
import { valueAt, weightError, weightPolynomial, type Fit } from './weight-polynomial.js';

/** The largest |p(x)·e^−x − 1| over a fine grid: never above the true maximum. */
function onGrid(coefficients: readonly number[], B: number): number {
  let worst = 0;
  for (let i = 0; i <= 20_000; i++) {
    const x = B * (i / 10_000 - 1);
    worst = Math.max(worst, Math.abs(valueAt(coefficients, x) * Math.exp(-x) - 1));
  }
  return worst;
}

const leastDegree = (fit: Fit, B: number, target: number) => {
  let g = 0;
  while (weightPolynomial(fit, g, B).error > target) g++;
  return g;
};

describe('weight polynomials', () => {
  it.each([0.5, 1, 2, 4, 6])(
    'Taylor: the error is attained at −B = −%f, and at most e^B·B^(g+1)/(g+1)!',
    (B) => {
      let bound = Math.exp(B);
      for (let g = 0; g <= 16; g++) {
        bound *= B / (g + 1);
        const { coefficients, error } = weightPolynomial('taylor', g, B);
        const grid = onGrid(coefficients, B);
        expect(error / grid).toBeGreaterThan(1 - 1e-6 - 1e-11 / grid); // the grid's sums cancel, the series does not
        expect(error / grid).toBeLessThan(1 + 1e-6 + 1e-11 / grid);
        expect(error).toBeLessThanOrEqual(bound);
      }
    },
  );

  it.each([0.25, 1, 2, 4, 8])(
    'minimax: the error holds between the nodes too, and is below Taylor’s, on ±%f',
    (B) => {
      for (let g = 0; g <= 12; g++) {
        const { coefficients, error } = weightPolynomial('minimax', g, B);
        const grid = onGrid(coefficients, B);
        expect(error).toBeGreaterThanOrEqual(grid - 1e-15 * Math.exp(2 * B)); // both sums cancel
        expect(error).toBeLessThan(grid * (1 + 1e-5) + 1e-9);
        expect(error).toBeLessThan(taylorError(g, B) + 1e-9);
      }
    },
  );

  it('reaches errors of 0.1, 0.01 and 0.001 at the degrees of math.md 5.2', () => {
    const degrees = (fit: Fit, B: number) => [0.1, 0.01, 0.001].map((target) => leastDegree(fit, B, target));
    expect([0.5, 1, 2, 4, 6].map((B) => degrees('taylor', B))).toEqual([
      [2, 3, 4],
      [3, 5, 6],
      [7, 8, 10],
      [14, 15, 17],
      [21, 22, 24],
    ]);
    expect([0.5, 1, 2, 4].map((B) => degrees('minimax', B))).toEqual([
      [1, 2, 3],
      [2, 3, 4],
      [3, 5, 6],
      [6, 7, 9],
    ]);
    const fitted = [8, 10, 12].flatMap((g) =>
      [g - 1, g].map((k) => weightError(minimaxCoefficients(k, 6), 6)),
    );
    [0.1, 0.01, 0.001].forEach((target, i) => {
      expect(fitted[2 * i]).toBeGreaterThan(target);
      expect(fitted[2 * i + 1]).toBeLessThan(target);
    });
  });

  it('fits once for a range of the grid, and uses Taylor where no fit is made', () => {
    const wide = weightPolynomial('minimax', 4, 2 ** 0.25);
    expect(weightPolynomial('minimax', 4, 1.05)).toBe(wide);
    expect(weightPolynomial('minimax', 4, 0)).toBe(weightPolynomial('minimax', 4, 1e-4));
    expect(weightPolynomial('minimax', 4, 17)).toEqual(weightPolynomial('taylor', 4, 17));
    expect([1e4, Infinity].map((range) => weightPolynomial('taylor', 3, range).error)).toEqual([
      Infinity,
      Infinity,
    ]);
    expect(weightPolynomial('taylor', 3, NaN).error).toBeNaN();
  });

  it('finds an extreme that lies between points of any grid', () => {
    const bump = [1, 1, 0.5 + 1e3]; // far from e^x except near 0
    expect(weightError(bump, 0.001)).toBeCloseTo(onGrid(bump, 0.001), 9);
    expect(weightError([0], 1)).toBe(1);
    expect(weightError([1], 1)).toBeCloseTo(Math.E - 1, 12);
  });
});
