import { expect, it } from 'vitest';
import { SharedArena } from '../workers/arena.js';
import { topRecall } from './top-recall.js';

it('is the share of the heaviest tokens that are kept; ties go to the older one', () => {
  const mass = SharedArena.create('f64').rows(1, () => {});
  for (const x of [-1, 5, 2, 5, -Infinity]) mass.append([x]);
  expect(topRecall(mass, [1, 4], 2)).toBe(1 / 2); // the top are 1 and 3
  expect(topRecall(mass, [1], 1)).toBe(1); // not 3, which weighs as much
  expect(topRecall(mass, [], 3)).toBe(0);
  expect(topRecall(mass, [0, 1, 2, 3], 9)).toBe(4 / 5);
});
