import { expect, it } from 'vitest';
import { stepRow } from '../../data/testing/rows.js';
import { Fold } from './fold.js';
import { liveRowsOf } from './live-rows.js';

/** The rows of a plot after `steps` steps of two caches, and again after `more`. */
function twice(id: string, steps: number, more: number) {
  const fold = new Fold();
  const rows = liveRowsOf(fold, () => null).get(id)!;
  const go = (from: number, to: number) => {
    for (let step = from; step < to; step++) {
      const times = { update_ns: 2e5, plan_ns: 3e5, attend_ns: 7e5, queue_ns: 1e5 };
      const both = ['four-cache', 'window'].map((cache) => ({ ...stepRow(0), ...times, cache, step }));
      fold.add({ steps: both.map((row) => ({ ...row, err_rel_l2: 0.1 })) });
    }
    return rows();
  };
  return [go(0, steps), go(steps, steps + more)] as const;
}

it.each(['bytes-n', 'time-n', 'error-step'])(
  '%s: what did not change is the same row at the same place',
  (id) => {
    const [before, after] = twice(id, 100, 1);
    expect(before.length).toBeGreaterThan(20);
    const changed = after.filter((row, i) => row !== before[i]);
    expect(changed.map(({ cache }) => cache)).toEqual(['four-cache', 'window']);
  },
);

it('makes all rows anew when the bins of the steps have doubled', () => {
  const [before, after] = twice('error-step', 128, 1);
  expect([before.length, after.length]).toEqual([256, 130]);
  expect(after.map(({ answers }) => answers)).toEqual([...Array<number>(128).fill(2), 1, 1]);
  expect(after.map(({ step }) => step)).toEqual(Array.from(after, (_, i) => 2 * Math.floor(i / 2)));
});
