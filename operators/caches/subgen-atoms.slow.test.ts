import { describe, expect, it } from 'vitest';
import { randomStream } from '../../src/core/random.js';
import { subgenAtoms } from './subgen-atoms.js';
import { clusteredStream, exactAttention, queryOfSpread, type DataShape } from './testing/clustered-data.js';
import { startTrial } from './testing/harness.js';
import { relativeError } from './testing/law.js';

const [n, d] = [1024, 16];
const centroids = { size: 64, window: 0 }; // 2·64 vectors of d numbers a side: 16 times less than exact
const samples = { size: 64, window: 0, atoms: 'samples' as const, t: 4 };
const moments = { size: 7, window: 0, moments: true }; // 7·(d + 2) vectors

/** Median relative errors of math.md 4.6, by the deviation R of the scores. */
const TABLE: readonly {
  readonly data: Pick<DataShape, 'keys' | 'noise' | 'linearValues'>;
  readonly options: typeof centroids | typeof samples | typeof moments;
  readonly medians: Readonly<Record<number, number>>;
}[] = [
  {
    data: { keys: 'cluster', noise: 0.15, linearValues: false },
    options: centroids,
    medians: { 0.5: 0.0065, 1: 0.014, 2: 0.03, 3: 0.059 },
  },
  {
    data: { keys: 'cluster', noise: 0.15, linearValues: false },
    options: samples,
    medians: { 0.5: 0.42, 1: 0.35, 2: 0.44, 3: 0.52 },
  },
  {
    data: { keys: 'sphere', noise: 0, linearValues: false },
    options: centroids,
    medians: { 1: 0.019, 2: 0.091, 3: 0.26 },
  },
  {
    data: { keys: 'gauss', noise: 0, linearValues: false },
    options: centroids,
    medians: { 1: 0.036, 2: 0.46 },
  },
  {
    data: { keys: 'cluster', noise: 0.6, linearValues: true },
    options: centroids,
    medians: { 0.5: 0.2, 1: 0.32, 2: 0.44 },
  },
  {
    data: { keys: 'cluster', noise: 0.6, linearValues: true },
    options: moments,
    medians: { 0.5: 0.053, 1: 0.15, 2: 0.47 },
  },
  {
    data: { keys: 'sphere', noise: 0, linearValues: true },
    options: moments,
    medians: { 0.5: 0.02, 1: 0.077, 2: 0.3 },
  },
  {
    data: { keys: 'gauss', noise: 0, linearValues: true },
    options: moments,
    medians: { 0.5: 0.05, 1: 0.2, 2: 0.73 },
  },
];

describe.each(TABLE)('$data with $options', ({ data, options, medians }) => {
  it('has the errors of math.md 4.6 within a factor of 2', async () => {
    const errors = new Map<number, number[]>();
    for (let seed = 0; seed < 2; seed++) {
      const random = randomStream(seed, data.keys);
      const stream = clusteredStream({ ...data, n, d }, random);
      const trial = startTrial(subgenAtoms(options), stream, seed);
      for (const token of stream.tokens) trial.append(token);
      for (const spread of Object.keys(medians).map(Number)) {
        for (let i = 0; i < 2; i++) {
          const q = queryOfSpread(stream, spread, random);
          const error = relativeError((await trial.ask(q)).output, exactAttention(stream, q).output);
          errors.set(spread, [...(errors.get(spread) ?? []), error]);
        }
      }
      trial.release();
    }
    const ratios = Object.entries(medians).map(([spread, of]) => median(errors.get(Number(spread))!) / of);
    expect(Math.max(...ratios)).toBeLessThan(2);
    expect(Math.min(...ratios)).toBeGreaterThan(0.5);
  }, 300_000);
});

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const half = sorted.length / 2;
  return (sorted[Math.floor(half - 0.5)] + sorted[Math.floor(half)]) / 2;
}
