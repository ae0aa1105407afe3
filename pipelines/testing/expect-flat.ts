import { expect } from 'vitest';
import type { BoundedRun } from './bounded-run.js';

/** From 1,000 tokens on nothing grows: fixed caches hold the same bytes at every step, clusters stay in their budget. */
export function expectFlat({ held, peakBytes }: BoundedRun): void {
  expect(held.map(({ cache }) => cache)).toEqual(['polynomial', 'sinks', 'subgen-atoms', 'window']);
  for (const { cache, early, least, most, budget } of held) {
    if (cache === 'subgen-atoms') expect(least, cache).toBeGreaterThan(budget / 3);
    else expect([least, most], cache).toEqual([early, early]);
    expect(most, cache).toBeLessThanOrEqual(budget);
  }
  const budgets = held.reduce((sum, { budget }) => sum + budget, 0);
  expect(peakBytes).toBeLessThan(1.1 * budgets); // and scratch memory of a query
}
