import { expect, it } from 'vitest';
import { randomModel } from '../../../data/weights/testing/random-model.js';
import { windowsOf } from '../../../pipelines/perplexity/evaluate.js';
import { randomStream } from '../../../src/core/random.js';
import { prunedModel } from './pruned.js';
import { keyStatistics, rowsOf, sideStatistics, typicalRadius } from './keys.js';

const random = randomStream(2, 'keys');
const text = Uint8Array.from({ length: 65 }, () => random.below(256));
const normal = (size: number) => Float64Array.from({ length: 4 }, () => size * random.gaussian());

it('tells keys in clusters from normal ones of the same covariance', () => {
  const centres = Array.from({ length: 6 }, () => normal(1));
  const clustered = Array.from({ length: 64 }, (_, i) => normal(0.02).map((x, t) => x + centres[i % 6][t]));
  const plain = Array.from({ length: 64 }, () => normal(1));
  const q = plain.map(() => Float64Array.of(3, 4, 0, 0));
  const [tight, loose] = [clustered, plain].map((k1) => sideStatistics([{ q, k1, k2: null }], 1, 0.5));
  expect(tight.radius / tight.normalRadius).toBeLessThan(0.5);
  expect(Math.abs(Math.log(loose.radius / loose.normalRadius))).toBeLessThan(0.4);
  expect(loose.change).toBeCloseTo(0.5 * 5 * loose.radius, 9);
});

it('measures every head of a model', async () => {
  const model = randomModel();
  const windows = windowsOf(text, 16);
  const heads = await keyStatistics(model, windows);
  expect(heads.map(({ layer, head }) => [layer, head])).toEqual([[0, 0], [0, 1], [1, 0], [1, 1]]); // prettier-ignore
  for (const { R, largest, certified, for95, top1, recent, sinks, scored, sides } of heads) {
    expect(certified).toBeGreaterThanOrEqual(largest);
    expect(largest).toBeGreaterThan(R);
    for (const share of [for95, top1, recent, sinks, scored]) {
      expect(share).toBeGreaterThan(0);
      expect(share).toBeLessThanOrEqual(1);
    }
    expect(sides.length).toBe(2);
  }
  const rows = await rowsOf(model, windows);
  expect(rows.length).toBe(4);
  expect(typicalRadius(rows, 2)).toBeGreaterThan(typicalRadius(rows, 8));
});

it('prunes queries and keys of every head to the ratio, and nothing else', async () => {
  const model = randomModel();
  const pruned = await prunedModel(model, text, 'magnitude', 0.5);
  for (const [l, { projection, up }] of pruned.layers.entries()) {
    const dense = model.layers[l];
    for (const side of ['q', 'k1', 'k2'] as const) {
      const zeros = projection[side]!.filter((w) => w === 0).length;
      expect(zeros).toBe(projection[side]!.length / 2);
      for (const [i, w] of projection[side]!.entries())
        if (w !== 0) expect(w).toBe(dense.projection[side]![i]);
    }
    expect(projection.v1).toBe(dense.projection.v1);
    expect(up).toBe(dense.up);
  }
});
