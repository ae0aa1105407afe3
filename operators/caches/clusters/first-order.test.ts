import { describe, expect, it } from 'vitest';
import { randomStream } from '../../../src/core/random.js';
import { subgenAtoms } from '../subgen-atoms.js';
import { clusteredStream, exactAttention, queryOfSpread } from '../testing/clustered-data.js';
import { startTrial } from '../testing/harness.js';
import { relativeError } from '../testing/law.js';
import { clustersOf } from '../testing/record-clusters.js';

const row = (...numbers: number[]) => Float64Array.from(numbers);

describe('moments', () => {
  const [n, d, limit] = [120, 4, 5];
  const random = randomStream(6, 'moments');
  const stream = clusteredStream({ keys: 'sphere', n, d, noise: 0, linearValues: true }, random);

  it('answers by the formula of math.md 4.5, from the definition of X', async () => {
    const trial = startTrial(subgenAtoms({ size: limit, window: 0, moments: true }), {
      ...stream,
      scale: 0.5,
    });
    for (const token of stream.tokens) trial.append(token);
    const q = row(0.3, -0.2, 0.5, 0.1); // short enough that nothing is clipped
    const one = statistics(
      stream.tokens.map(({ k1, v1 }) => ({ k: k1, v: v1 })),
      limit,
    );
    const two = statistics(
      stream.tokens.map(({ k2, v2 }) => ({ k: k2!, v: v2! })),
      limit,
    );
    const half = q.map((x) => 0.5 * x);
    const apply = (x: number[][], y: ArrayLike<number>) =>
      x.map((line) => line.reduce((s, e, t) => s + e * y[t], 0));
    const times = (y: ArrayLike<number>, z: ArrayLike<number>) => Array.from(y, (e, t) => e * z[t]);
    const sum = new Array<number>(d).fill(0);
    let z = 0;
    for (const c1 of one) {
      for (const c2 of two) {
        const weight = c1.c * c2.c * Math.exp(half.reduce((s, e, t) => s + e * c1.k[t] * c2.k[t], 0));
        const left = apply(c1.x, times(half, c2.k)).map((e, i) => e + c1.v[i]);
        const right = apply(c2.x, times(half, c1.k)).map((e, i) => e + c2.v[i]);
        z += weight;
        for (let i = 0; i < d; i++) {
          const cross = half.reduce((s, e, t) => s + e * c1.x[i][t] * c2.x[i][t], 0);
          sum[i] += weight * (left[i] * right[i] + cross);
        }
      }
    }
    const { output, lse } = await trial.ask(q);
    expect(
      relativeError(
        output,
        sum.map((x) => x / z),
      ),
    ).toBeLessThan(1e-12);
    expect(lse).toBeCloseTo(Math.log(z), 12);
    trial.release();
  });

  it('falls back to the centroids where the correction is longer than any value', async () => {
    const options = { size: limit, window: 0 };
    const trials = [true, false].map((moments) => startTrial(subgenAtoms({ ...options, moments }), stream));
    for (const trial of trials) for (const token of stream.tokens) trial.append(token);
    const q = row(3e5, -2e5, 5e5, 1e5);
    const [first, plain] = [await trials[0].ask(q), await trials[1].ask(q)];
    first.output.forEach((x, j) => expect(x).toBeCloseTo(plain.output[j], 12));
    for (const trial of trials) trial.release();
  });

  it('changes nothing where every token has a cluster, and is better where values are linear in keys', async () => {
    const q = queryOfSpread(stream, 0.5, random);
    const error = async (options: object) => {
      const trial = startTrial(subgenAtoms(options), stream);
      for (const token of stream.tokens) trial.append(token);
      const { output } = await trial.ask(q);
      trial.release();
      return relativeError(output, exactAttention(stream, q).output);
    };
    expect(await error({ size: n, window: 0, moments: true })).toBeLessThan(1e-12);
    expect(await error({ size: n, window: 9 })).toBeLessThan(1e-12);
    const [first, plain] = [
      await error({ size: 9, window: 0, moments: true }),
      await error({ size: 9, window: 0 }),
    ];
    expect(first).toBeLessThan(plain / 3);
  });

  /** Means and X = mean (v − v̄)(k − k̄)ᵀ of each cluster, from its members. */
  function statistics(entries: readonly { k: Float64Array; v: Float64Array }[], places: number) {
    const { members } = clustersOf(
      entries.map(({ k }) => k),
      places,
      1.2,
    );
    return members.map((list) => {
      const c = list.length;
      const mean = (of: 'k' | 'v') =>
        Array.from({ length: d }, (_, t) => list.reduce((s, i) => s + entries[i][of][t], 0) / c);
      const [k, v] = [mean('k'), mean('v')];
      const x = v.map((vMean, i) =>
        k.map(
          (kMean, t) =>
            list.reduce((s, j) => s + (entries[j].v[i] - vMean) * (entries[j].k[t] - kMean), 0) / c,
        ),
      );
      return { c, k, v, x };
    });
  }
});
