import { expect, it } from 'vitest';
import { judged } from './measure.js';
import { findingsTable, reached } from './report.js';

it('has reached a limit that was not even touched: a share below 0 of at most 2 % is met', () => {
  expect([-0.014, 0, 0.01, 0.04].map((value) => reached(judged('', value, '', 'most', 0.02)))).toEqual([
    Infinity,
    Infinity,
    2,
    0.5,
  ]);
  expect(findingsTable([judged('more', -0.014, 'share', 'most', 0.02)])).toMatch(/≤ 0\.0200\s+│ met\s/);
  expect(findingsTable([judged('more', 0.04, 'share', 'most', 0.02)])).toContain('short by 2.00×');
});
