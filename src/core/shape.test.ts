import { expect, it } from 'vitest';
import { isScale, isScoreStd } from './shape.js';

it('a scale is finite, not 0, and leaves float32 rows room to make up for it', () => {
  for (const x of [1, -1, 0.125, 1e-9, -1e9]) expect(isScale(x)).toBe(true);
  for (const x of [0, -0, NaN, Infinity, -Infinity, 1e-10, 1e200]) expect(isScale(x)).toBe(false);
});

it('a score deviation is positive and within what float32 scores can show', () => {
  for (const x of [1, 1e-6, 1e4]) expect(isScoreStd(x)).toBe(true);
  for (const x of [0, -1, NaN, Infinity, 1e-7, 1e200]) expect(isScoreStd(x)).toBe(false);
});
