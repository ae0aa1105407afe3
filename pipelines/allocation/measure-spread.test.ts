import { expect, it } from 'vitest';
import { spreadOf } from './measure-spread.js';

const N = 32;
/** Positions of the 16 queries through 32 tokens: 1, 3, …, 31; each sees one more token than its position. */
const meanSeen = Array.from({ length: 16 }, (_, i) => 2 * (i + 1)).reduce((sum, n) => sum + n / 16, 0);
const rows = (of: (i: number) => readonly number[]) =>
  Array.from({ length: N }, (_, i) => Float64Array.from(of(i)));

it('is the number of tokens where all scores are equal, on either side', () => {
  const [q, k] = [rows(() => [1, 0]), rows(() => [0, 1])];
  expect(spreadOf({ q, k1: k, k2: null, scale: 1 })).toBeCloseTo(meanSeen, 10);
  expect(spreadOf({ q, k1: k, k2: k, scale: 1 })).toBeCloseTo(meanSeen, 10);
});

it('is 1 where one token has it all', () => {
  const q = rows(() => [1]);
  const k = rows((i) => [i === 0 ? 100 : 0]);
  expect(spreadOf({ q, k1: k, k2: null, scale: 1 })).toBeCloseTo(1, 10);
  expect(spreadOf({ q, k1: k, k2: k, scale: 1 })).toBeCloseTo(1, 10);
});

it('is the mean of both sides where only one of them chooses', () => {
  const [q, one] = [rows(() => [1]), rows(() => [1])];
  const k1 = rows((i) => [i === 0 ? 100 : 0]); // scores q·k1·k2: side 2 does not matter
  expect(spreadOf({ q, k1, k2: one, scale: 1 })).toBeCloseTo((1 + meanSeen) / 2, 10);
});

it('counts tokens of equal weight, and follows the scale of the scores', () => {
  const q = rows(() => [1]);
  const k1 = rows((i) => [i < 2 ? 50 : 0]);
  expect(spreadOf({ q, k1, k2: null, scale: 1 })).toBeCloseTo(2, 10);
  expect(spreadOf({ q, k1, k2: null, scale: 1e-9 })).toBeCloseTo(meanSeen, 5);
});
