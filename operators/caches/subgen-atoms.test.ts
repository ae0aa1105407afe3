import { describe, expect, it } from 'vitest';
import { randomStream } from '../../src/core/random.js';
import { subgenAtoms } from './subgen-atoms.js';
import { clusteredStream, exactAttention, queryOfSpread } from './testing/clustered-data.js';
import { startTrial, type Trial } from './testing/harness.js';
import { clustersOf } from './testing/record-clusters.js';
import type { Stream } from './testing/streams.js';

const matrixOrder = { d: 1, order: 'matrix', scale: 1, dtype: 'f64' } as const;
const row = (...numbers: number[]) => Float64Array.from(numbers);

function append(trial: Trial, k: number, v: number): void {
  trial.append({ q: row(0), k1: row(k), k2: null, v1: row(v), v2: null });
}

it('keeps the window exactly, and clusters what leaves it', () => {
  const trial = startTrial(subgenAtoms({ size: 5, window: 3 }), matrixOrder);
  for (const k of [1, 2, 3, 4, 5, 6]) append(trial, k, -k);
  const see = (name: string) => [...trial.cache.snapshot()[`side1.${name}`]];
  expect(see('recent.rows.keys').sort()).toEqual([4, 5, 6]);
  expect(see('recent.rows.values').sort()).toEqual([-4, -5, -6]);
  expect(see('clusters.content.keys')).toEqual([1.5, 3]); // 1 and 2 met when 3 left the window
  expect(trial.cache.census()).toMatchObject({ kept1: 5, evicted1: 1, clusters1: 2 });
  trial.release();
});

it('divides a share and bytes between window and clusters', () => {
  const kept = (size: string, n: number, options = {}) => {
    const trial = startTrial(subgenAtoms({ size, window: 4, ...options }), matrixOrder);
    for (let i = 0; i < n; i++) append(trial, i, 1);
    const [{ kept1, clusters1 }, { resident, metadata }] = [trial.cache.census(), trial.bytes()];
    trial.release();
    return { kept1, clusters1, bytes: resident + metadata };
  };
  expect(kept('25%', 8)).toMatchObject({ kept1: 2, clusters1: 1 });
  expect(kept('25%', 24).kept1).toBe(6);
  const cluster = (3 + 4) * 8; // leader, two means, two digits, a flag, a weight
  expect(kept(`${4 * 3 * 8 + 5 * cluster}B`, 50)).toEqual({
    kept1: 9,
    clusters1: 5,
    bytes: 96 + 5 * cluster,
  });
  expect(kept(`${4 * 3 * 8 + 6 * cluster - 1}B`, 50).kept1).toBe(9);
});

it.each(['tensor', 'matrix'] as const)(
  'finds options that keep within a number of bytes: %s order',
  (order) => {
    const shape = { d: 16, order, scale: 1, dtype: 'f32' } as const;
    const random = randomStream(2, 'tokens');
    const gaussian = () => row(...Array.from({ length: 16 }, () => random.gaussian()));
    for (const bytes of [800, 5000, 40_000]) {
      const options = subgenAtoms.spec.within!(bytes, { ...shape, bytesPerNumber: 4 });
      const trial = startTrial(subgenAtoms(options!), shape);
      for (let i = 0; i < 500; i++) {
        const [k2, v2] = order === 'tensor' ? [gaussian(), gaussian()] : [null, null];
        trial.append({ q: gaussian(), k1: gaussian(), v1: gaussian(), k2, v2 });
        expect(trial.bytes().resident + trial.bytes().metadata).toBeLessThanOrEqual(bytes);
      }
      if (bytes > 5000) expect(trial.bytes().resident + trial.bytes().metadata).toBeGreaterThan(0.8 * bytes);
      trial.release();
    }
    expect(subgenAtoms.spec.within!(100, { ...shape, bytesPerNumber: 4 })).toBeNull();
  },
);

describe('centroids', () => {
  const [n, d, limit] = [300, 6, 20];
  const random = randomStream(5, 'facts');
  const stream = clusteredStream({ keys: 'cluster', n, d, noise: 0.3, linearValues: false }, random);
  const sides = [
    clustersOf(
      stream.tokens.map(({ k1 }) => k1),
      limit,
      1.2,
    ),
    clustersOf(
      stream.tokens.map(({ k2 }) => k2!),
      limit,
      1.2,
    ),
  ];

  it('never overestimate Z, and by no more than e^(Δ²/8) in any pair of clusters (math.md 4.4)', async () => {
    const trial = startTrial(subgenAtoms({ size: limit, window: 0 }), stream);
    for (const token of stream.tokens) trial.append(token);
    for (const spread of [0.5, 2, 4]) {
      const q = queryOfSpread(stream, spread, random);
      const ranges = sides[0].members.flatMap((one) =>
        sides[1].members.map((two) => {
          const scores = one.flatMap((a) => two.map((b) => score(stream, q, a, b)));
          return Math.max(...scores) - Math.min(...scores);
        }),
      );
      const [{ lse }, { logZ }] = [await trial.ask(q), exactAttention(stream, q)];
      expect(logZ).toBeGreaterThanOrEqual(lse - 1e-12);
      expect(logZ).toBeLessThanOrEqual(lse + Math.max(...ranges) ** 2 / 8);
    }
    trial.release();
  });

  it('score as the mean of the pairs they stand for', () => {
    const trial = startTrial(subgenAtoms({ size: limit, window: 0 }), stream);
    for (const token of stream.tokens) trial.append(token);
    const q = queryOfSpread(stream, 2, random);
    const state = trial.cache.snapshot();
    const centroid = (side: number, c: number) =>
      [...state[`side${side}.clusters.content.keys`]].slice(c * d, (c + 1) * d);
    sides[0].members.forEach((one, i) =>
      sides[1].members.forEach((two, j) => {
        const scores = one.flatMap((a) => two.map((b) => score(stream, q, a, b)));
        const mean = scores.reduce((a, b) => a + b, 0) / scores.length;
        const [k1, k2] = [centroid(1, i), centroid(2, j)];
        expect(k1.reduce((sum, x, t) => sum + q[t] * x * k2[t], 0)).toBeCloseTo(mean, 11);
      }),
    );
    trial.release();
  });
});

function score({ tokens }: Stream, q: Float64Array, a: number, b: number): number {
  return q.reduce((sum, x, t) => sum + x * tokens[a].k1[t] * tokens[b].k2![t], 0);
}

it.each([{}, { atoms: 'samples' as const }, { moments: true }])(
  'holds no more after 10,000 tokens than after 1,000: %o',
  (options) => {
    const trial = startTrial(subgenAtoms({ size: '16KiB', window: 8, ...options }), {
      ...matrixOrder,
      d: 5,
      dtype: 'f32',
    });
    const random = randomStream(1, 'tokens');
    const gaussian = () => row(...Array.from({ length: 5 }, () => random.gaussian()));
    const most = [1000, 10_000].map((n) => {
      let bytes = 0;
      while (trial.appended < n) {
        trial.append({ q: row(), k1: gaussian(), k2: null, v1: gaussian(), v2: null });
        const { resident, metadata } = trial.bytes();
        bytes = Math.max(bytes, resident + metadata);
      }
      return bytes;
    });
    for (const bytes of most) {
      expect(bytes).toBeLessThanOrEqual(16 * 1024);
      expect(bytes).toBeGreaterThan(0.75 * 16 * 1024); // what is there is used; reservoirs of small clusters fill late
    }
    trial.release();
  },
);

it.each([{ gamma: 1 }, { window: -1 }, { t: 0 }, { size: 0 }, { atoms: 'medoids' }])(
  'refuses %o',
  (options) => {
    expect(() => subgenAtoms(options as never)).toThrow(
      expect.objectContaining({ code: 'bad-option' }) as Error,
    );
  },
);

it.each([
  { size: 16 }, // all of it window
  { size: '100B' },
  { size: 40, size2: 3 },
  { size: 18, atoms: 'samples' as const }, // a cluster has t = 4 of them
  { atoms: 'samples' as const, moments: true },
])('refuses %o when it is created', (options) => {
  expect(() => startTrial(subgenAtoms(options), { ...matrixOrder, order: 'tensor' })).toThrow(
    expect.objectContaining({ code: 'bad-option' }) as Error,
  );
});
