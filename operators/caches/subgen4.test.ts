import { describe, expect, it } from 'vitest';
import { randomStream } from '../../src/core/random.js';
import { subgen4 } from './subgen4.js';
import { startTrial, type Trial } from './testing/harness.js';

const shape = { d: 3, order: 'matrix', scale: 1, dtype: 'f64' } as const;
const zero = new Float64Array(3);

/** Append a token of side 1. */
function append(trial: Trial, k1: readonly number[], v1: readonly number[]): void {
  const row = (numbers: readonly number[]) => Float64Array.from(numbers);
  trial.append({ q: zero, k1: row(k1), k2: null, v1: row(v1), v2: null });
}

describe('clusters', () => {
  it('a key at distance delta joins, one just beyond leads a new cluster, ties go to the oldest', () => {
    const trial = startTrial(subgen4({ delta: 1, t: 9, s: 1 }), shape);
    for (const x of [0, 2, 1, 1.5, 0.5, 3.01]) append(trial, [x, 0, 0], [1, 0, 0]);
    // 0 and 2 lead; 1, as near to both, joins 0; 1.5 joins 2; 0.5 joins 0; 3.01 leads
    expect([...trial.cache.snapshot()['side1.clusters.rows.owners']]).toEqual([0, 1, 0, 1, 0, 2]);
    trial.release();
  });

  it('counts on where float32 would stop: two digits', () => {
    const trial = startTrial(subgen4({ delta: 1, t: 1, s: 1 }), { ...shape, dtype: 'f32' });
    append(trial, [0, 0, 0], [1, 0, 0]);
    const counts = 'side1.clusters.rows.counts';
    trial.cache.restore({ ...trial.cache.snapshot(), [counts]: Float32Array.of(2 ** 20 - 1, 2 ** 20 - 2) });
    for (let i = 0; i < 3; i++) append(trial, [0, 0, 0], [1, 0, 0]);
    expect([...trial.cache.snapshot()[counts]]).toEqual([2 ** 20, 1]); // 2^40 + 1
    const [logWeight] = trial.cache.snapshot()['side1.clusters.rows.logWeights'];
    expect(logWeight).toBeCloseTo(40 * Math.LN2, 5);
    trial.release();
  });
});

describe('slots', () => {
  /** Values of the s slots after the given values, one number each. */
  function slotsAfter(values: readonly number[], s: number, seed: number): number[] {
    const trial = startTrial(subgen4({ delta: 1, t: 1, s }), shape, seed);
    for (const value of values) append(trial, [0, 0, 0], [value, 0, 0]);
    const rows = trial.cache.snapshot()['side1.slots.rows.values'];
    trial.release();
    return Array.from({ length: rows.length / 3 }, (_, slot) => rows[3 * slot]);
  }

  it('each slot holds entry j with probability |v|²/μ, independently of the others (math.md 4.1)', () => {
    const [values, seeds] = [[1, 0, 2, 1, 0, 3], 4000]; // |v|² = 1, 0, 4, 1, 0, 9; μ = 15
    const both: Record<string, number> = {};
    for (let seed = 0; seed < seeds; seed++) {
      const [x, y] = slotsAfter(values, 2, seed).sort();
      both[`${x}${y}`] = (both[`${x}${y}`] ?? 0) + 1;
    }
    const p: Record<string, number> = { 1: 2 / 15, 2: 4 / 15, 3: 9 / 15 };
    for (const pair of ['11', '12', '13', '22', '23', '33']) {
      const expected = seeds * p[pair[0]] * p[pair[1]] * (pair[0] === pair[1] ? 1 : 2);
      expect(Math.abs((both[pair] ?? 0) - expected)).toBeLessThan(4 * Math.sqrt(expected));
    }
  });

  it('values of 0 are dropped as soon as another value comes, and never drawn', () => {
    expect(slotsAfter([0, 0, 0, 0, 0], 2, 1)).toEqual([0, 0]);
    expect(slotsAfter([0, 0, 0, 0, 5], 2, 1)).toEqual([5, 5]);
    expect(slotsAfter([0, 5, 0, 0, 0], 2, 1)).toEqual([5, 5]);
    expect(slotsAfter([0, 5], 2, 1)).toEqual([0, 5]);
  });
});

it('answers 0, not NaN, while all values are 0', async () => {
  const trial = startTrial(subgen4({ delta: 1, t: 1, s: 1 }), shape);
  for (let i = 0; i < 3; i++) append(trial, [i, 0, 0], [0, 0, 0]);
  expect(trial.cache.plan(zero).jobs.every((job) => 'logScale' in job && Number.isFinite(job.logScale))).toBe(
    true,
  );
  expect([...(await trial.ask(zero)).output]).toEqual([0, 0, 0]);
  trial.release();
});

it.each([{ delta: 0 }, { delta: -1 }, { t: 0 }, { s: 0 }, { s: 1.5 }])('refuses %o', (options) => {
  expect(() => subgen4(options)).toThrow(expect.objectContaining({ code: 'bad-option' }) as Error);
});

it('holds the same bytes after 1,000 and after 10,000 tokens', () => {
  const trial = startTrial(subgen4({ delta: 2, t: 4, s: 16 }), { ...shape, order: 'tensor' });
  const random = randomStream(1, 'tokens');
  const near = () => Float64Array.from({ length: 3 }, () => random.below(2) * 9 + random.uniform());
  const bytes = [1000, 10_000].map((n) => {
    while (trial.appended < n) trial.append({ q: zero, k1: near(), k2: near(), v1: near(), v2: near() });
    return trial.bytes();
  });
  expect(bytes[1]).toEqual(bytes[0]);
  expect(bytes[0].resident).toBe((16 + 16 * 4 + 2 * 32) * 3 * 8); // 8 clusters a side
  trial.release();
});
