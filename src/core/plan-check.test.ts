import { expect, it } from 'vitest';
import { brokenPlan } from './plan-check.js';
import type { Plan, TaskJob } from './plan.js';

const arena = {
  bytesPerNumber: 4,
  view: ({ offset }: { offset: number }) => new Float32Array(1000).subarray(offset / 4),
} as const;
const rows = { width: 4, count: 3, spans: [{ offset: 0, rows: 3 }] };
const task: TaskJob = {
  ...{ kind: 'task', role: 'both', task: 'file:///own.js#kernel', rows: 3, pairs: 9, inputs: [rows] },
  numbers: [NaN],
};
const broken = (changes: object) =>
  brokenPlan({ jobs: [{ ...task, ...changes }] } as unknown as Plan, 4, arena);

it('accepts a task that says all it must', () => {
  expect(broken({})).toBeNull();
});

it.each([
  [{ task: () => 1 }, /its task is .*, no MODULE#EXPORT/],
  [{ rows: NaN }, /NaN rows/],
  [{ rows: 1.5 }, /1.5 rows/],
  [{ pairs: -1 }, /-1 pairs/],
  [{ inputs: rows }, /its inputs are no list of matrices/],
  [{ inputs: [5] }, /its inputs are no list of matrices/],
  [{ inputs: [{ ...rows, count: 4 }] }, /a matrix of 4 rows whose spans hold 3/],
  [{ numbers: 7 }, /its numbers are no list of numbers/],
  [{ numbers: ['7'] }, /its numbers are no list of numbers/],
])('refuses a task with %o, in words', (changes, what) => {
  expect(broken(changes)).toMatch(what);
});
