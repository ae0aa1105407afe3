import { describe, expect, it } from 'vitest';
import { fanoLimit, recoveryOf } from './score.js';

describe('recovery', () => {
  it('is 1 − e and 1 − H2(e) of the mean error over rows', () => {
    const { recovery, bit_error, information } = recoveryOf([0, 0.22], true);
    expect(recovery).toBeCloseTo(0.89, 12);
    expect(bit_error).toBeCloseTo(0.11, 12);
    expect(information).toBeCloseTo(0.5, 3);
  });

  it('is no information from e = 1/2 on', () => {
    expect(recoveryOf([0.5, 0.6], true).information).toBe(0);
  });

  it('of a few good rows is not taken for that of all', () => {
    const [all, sample] = [true, false].map((whole) => recoveryOf([0, 0, 0], whole).information_at_least);
    expect(all).toBe(1);
    expect(sample).toBeLessThan(0.2);
    expect(recoveryOf(Array<number>(1000).fill(0), false).information_at_least).toBeGreaterThan(0.9);
  });
});

it('the Fano diagonal is min(1, S/Nd), with the errors of math.md 3.4', () => {
  expect(fanoLimit(32)).toEqual({ most_information: 1, least_error: 0 });
  expect(fanoLimit(0.5).most_information).toBe(0.5);
  expect(fanoLimit(0.5).least_error).toBeCloseTo(0.11, 3);
});
