import { expect, it } from 'vitest';
import { SharedArena } from '../../../workers/index.js';
import { column } from './column.js';

const arena = SharedArena.create('f32');
const make = (numbers: readonly number[]) => {
  const made = column({ rows: (width) => arena.rows(width, () => {}) });
  numbers.forEach((number, slot) => made.set(slot, number));
  return made;
};

it('finds the least; of equals the older, then the lower slot', () => {
  const scores = make([3, 1, 2, 1, 1]);
  expect(scores.least()).toBe(1);
  expect(scores.least(make([0, 9, 8, 7, 7]))).toBe(3);
  expect(scores.least(null, (slot) => slot !== 1 && slot !== 3)).toBe(4);
  expect(scores.least(null, () => false)).toBe(-1);
});

it('chooses by numbers as they are stored, so that a restored one chooses alike', () => {
  const scores = make([1 + 2 ** -30, 1]); // equal in float32
  expect(scores.get(0)).toBe(1);
  expect(scores.least()).toBe(0);
  const other = make([5, 5, 5]);
  other.restore(scores.snapshot());
  expect([other.get(0), other.get(1), other.get(2), other.rows.count]).toEqual([1, 1, undefined, 2]);
});
