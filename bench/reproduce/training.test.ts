import { describe, expect, it } from 'vitest';
import { boundTable } from './training-bound.js';
import { meeting, slopeOf, timeGradients } from './training-time.js';

const power = (expected: number, factor: number, lengths: readonly number[]) => {
  const points = lengths.map((n) => ({ n, ms: factor * n ** expected }));
  return { name: 'power', expected, points, slope: slopeOf(points) };
};

describe('slopes', () => {
  it('are the powers of power laws', () => {
    expect(power(3, 2e-5, [96, 128, 256]).slope).toBeCloseTo(3, 10);
    expect(power(1, 0.03, [100, 1000, 3000]).slope).toBeCloseTo(1, 10);
  });

  it('meet where both take the same time', () => {
    const [steep, flat] = [power(3, 1e-4, [100, 200]), power(1, 4, [1000, 5000])];
    expect(meeting(steep, flat)).toBeCloseTo(200, 8); // 1e-4·200³ = 4·200
  });

  it('stand in the order that the text reads them', () => {
    const timed = timeGradients({ exact: [4, 6], lowRank: [4, 6], rounds: 1 });
    expect(timed.map(({ name }) => name)).toEqual([
      'exact, unmasked',
      'low rank, degree 4, unmasked',
      'exact, causal',
      'low rank, degree 4, causal',
    ]);
    expect(timed.map(({ points }) => points.map(({ n }) => n))).toEqual(Array(4).fill([4, 6]));
  });
});

it('errors grow with the bound, and fall with the degree while it is small', () => {
  const cells = boundTable([0.5, 1, 2], [2, 8]);
  for (const entries of ['signs', 'uniform']) {
    const errors = (degree: number) =>
      cells.filter((cell) => cell.entries === entries && cell.degree === degree).map((cell) => cell.error);
    const [low, high] = [errors(2), errors(8)];
    for (let i = 1; i < 3; i++) expect(low[i]).toBeGreaterThan(10 * low[i - 1]);
    for (let i = 0; i < 2; i++) expect(high[i]).toBeLessThan(1e-3 * low[i]);
  }
});
