import { afterEach, expect, it, vi } from 'vitest';
import { stepRow } from '../../data/testing/rows.js';
import { tellerOf } from './teller.js';
import { WatchedRun } from './watched-run.js';

afterEach(() => vi.restoreAllMocks());

/** A run that answered `steps` tokens, by a clock that stands still. */
function ranFor(steps: number): WatchedRun {
  const caches = [{ name: 'window', label: 'window', options: { size: 8 } }];
  const facts = { dir: 'trace', d: 4, heads: 1, layers: 1, order: 'tensor', caches } as const;
  const run = new WatchedRun(facts, { now: () => 0, left: () => null });
  for (let step = 0; step < steps; step++) {
    const times = { update_ns: 2e5, plan_ns: 3e5, attend_ns: 7e5, queue_ns: 1e5, reference_ns: 2e8 };
    run.onRows({ steps: [{ ...stepRow(0), cache: 'window', step, err_rel_l2: 0.1, ...times }] });
    run.onStep({ done: step + 1, bytes: 4096 });
  }
  return run;
}

it('tells every plot that rows of steps can feed, in words too', () => {
  const told = tellerOf(ranFor(40)).plots();
  expect(told.map(({ plot }) => plot.id)).toEqual([
    'pareto',
    'error-step',
    'bytes-n',
    'time-n',
    'time-split',
  ]);
  expect(told.at(-1)!.plot.alt).toMatch(/200 ms/);
});

it('asks no locale how numbers are written: the first answer takes longer than the whole message', () => {
  const asked = vi.spyOn(Number.prototype, 'toLocaleString');
  const teller = tellerOf(ranFor(40));
  teller.state();
  teller.plots();
  expect(asked).not.toHaveBeenCalled();
});
