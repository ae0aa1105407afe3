import { describe, expect, it } from 'vitest';
import { eventRow, stepBatch, stepRow } from '../../data/testing/rows.js';
import type { StepRow } from '../core/trace.js';
import { LinearBins, logBins } from './bins.js';
import { STEP_BINS } from './cache-tally.js';
import { Fold } from './fold.js';
import { errorBuckets } from './log-buckets.js';

const sum = (values: ArrayLike<number>) => Array.from(values).reduce((a, b) => a + b, 0);
const row = (cache: string, step: number, rest: Partial<StepRow> = {}): StepRow => ({
  ...stepRow(0),
  ...{ cache, step, err_rel_l2: 0.1, update_ns: 1, plan_ns: 2, attend_ns: 3, queue_ns: 4 },
  ...{ resident_bytes: 100, metadata_bytes: 10, within_bound: null, out_of_range: null, score_std: null },
  ...rest,
});

describe('logBins', () => {
  it('hold every n once', () => {
    for (const n of [1, 2, 3, 7, 8, 9, 15, 16, 17, 1000, 4095, 4096, 4097, 1_000_003]) {
      const bin = logBins.at(n);
      expect(logBins.from(bin)).toBeLessThanOrEqual(n);
      expect(logBins.to(bin)).toBeGreaterThanOrEqual(n);
    }
  });
  it('end where the next begins', () => {
    for (let bin = 0; bin + 1 < logBins.count; bin++) expect(logBins.to(bin) + 1).toBe(logBins.from(bin + 1));
  });
});

it('linear bins double when they are full', () => {
  let doubled = 0;
  const bins = new LinearBins(4, () => doubled++);
  expect([1, 2, 4].map((n) => bins.at(n))).toEqual([0, 1, 3]);
  expect([bins.at(5), doubled, bins.from(2), bins.to(2)]).toEqual([2, 1, 5, 6]);
  expect([bins.at(33), doubled]).toEqual([2, 4]); // width 16
});

describe('errors', () => {
  it('are found again within their bucket', () => {
    for (const error of [1e-8, 3e-5, 0.0123, 0.5, 7]) {
      const counts = new Uint32Array(errorBuckets.count);
      counts[errorBuckets.of(error)] = 1;
      expect(Math.abs(Math.log10(errorBuckets.quantile(counts, 0.5)! / error))).toBeLessThanOrEqual(
        1 / 32 + 1e-9,
      );
    }
  });
  it('of 0, NaN and infinity have a place, and of nothing no quantile', () => {
    expect([0, 1e-12, NaN, Infinity].map((error) => errorBuckets.of(error))).toEqual([
      0,
      0,
      0,
      errorBuckets.count - 1,
    ]);
    expect(errorBuckets.quantile(new Uint32Array(errorBuckets.count), 0.5)).toBeNull();
  });
  it('have quantiles in order', () => {
    const counts = new Uint32Array(errorBuckets.count);
    for (let i = 1; i <= 1000; i++) counts[errorBuckets.of(i / 1000)]++;
    const [low, middle, high] = [0.1, 0.5, 0.99].map((q) => errorBuckets.quantile(counts, q)!);
    for (const [found, true_] of [
      [low, 0.1],
      [middle, 0.5],
      [high, 0.99],
    ] as const)
      // prettier-ignore
      expect(Math.abs(Math.log10(found / true_))).toBeLessThan(1 / 16);
  });
});

describe('Fold', () => {
  it('counts every row once, in its cache', () => {
    const fold = new Fold();
    for (let s = 0; s < 40; s++) fold.add(stepBatch(s, 4));
    expect(fold.tallies.map(({ cache, rows }) => [cache, rows])).toEqual(
      ['four-cache', 'two-cache', 'subgen4', 'window'].map((cache) => [cache, 40]),
    );
    expect(fold).toMatchObject({ steps: 40, longest: 40, rows: { steps: 160, outputs: 160, events: 4 } });
  });

  it('adds up times and holds what the latest step held', () => {
    const fold = new Fold();
    for (let step = 0; step < 300; step++) {
      const rows = ['a', 'b', 'a', 'b'].map((cache, i) => row(cache, step, { head: i >> 1 }));
      fold.add({ steps: rows });
    }
    const [a] = fold.tallies;
    expect(a.spent).toMatchObject({ append: 600, plan: 1200, kernels: 1800, queue: 2400 });
    expect(a.latest).toMatchObject({ residentBytes: 200, heldBytes: 220, ns: 12 });
    expect(a.latest.error()).toBeCloseTo(0.1);
    expect([sum(a.msByN), sum(a.tokensByN), sum(a.errors), sum(a.allErrors)]).toEqual([300, 300, 600, 600]); // also after doubling
    expect(fold.stepBins.to(STEP_BINS - 1)).toBe(512);
    expect(
      [0, 74, 75].map((bin) =>
        sum(a.errors.subarray(bin * errorBuckets.count, (bin + 1) * errorBuckets.count)),
      ),
    ).toEqual([8, 8, 0]); // 4 steps of 2 rows
  });

  it('knows prompts, caches without times and without errors, and broken promises', () => {
    const fold = new Fold();
    const nothing = { update_ns: null, plan_ns: null, attend_ns: null, queue_ns: null, err_rel_l2: null };
    fold.add({ steps: [row('a', 0, { ...nothing, update_ns: 5, prefill: true })] });
    fold.add({ steps: [row('a', 1, nothing)] });
    fold.add({ steps: [row('a', 2, { within_bound: false, out_of_range: true })] });
    const [a] = fold.tallies;
    expect(a).toMatchObject({
      rows: 3,
      broken: 1,
      outOfRange: 1,
      tokens: 1,
      answered: 1,
      spent: { append: 1, kernels: 3 },
    });
    expect(sum(a.allErrors)).toBe(1);
  });

  it('keeps the last events, and counts all', () => {
    const fold = new Fold();
    for (let i = 0; i < 1000; i++) fold.add({ events: [eventRow(i)] });
    expect(fold.events).toHaveLength(20);
    expect(fold.events.at(-1)).toEqual(eventRow(999));
    expect(fold.eventsByKind.get('worker-restarted')).toBe(1000);
  });

  it('gives R as root mean square of the first cache, without steps of one score', () => {
    const fold = new Fold();
    for (const [step, score_std] of [
      [0, 9],
      [1, 3],
      [2, 4],
    ] as const)
      // prettier-ignore
      fold.add({ steps: [row('a', step, { score_std }), row('b', step, { score_std })] });
    expect(fold.scoreStd()).toBeCloseTo(Math.sqrt((9 + 16) / 2));
  });
});
