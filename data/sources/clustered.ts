import { z } from 'zod';
import type { Random } from '../../src/core/random.js';
import type { Order } from '../../src/core/shape.js';
import { defineSource } from '../../src/core/source.js';
import { fillGaussian, square, syntheticOptions, syntheticSource, type HeadModel } from './synthetic.js';

/** Spread of values inside a cluster, math.md 4.6. */
const VALUE_SPREAD = 0.5;

/**
 * Keys around m centres on the unit sphere, drawn per head and side: k = c + noise·g/√d with normal g. Values are
 * normal around a mean per cluster, N(0, 1), with spread 0.5: independent of the key inside its cluster.
 */
export const clusteredSource = defineSource(
  {
    name: 'clustered',
    summary: 'synthetic rows: keys in m clusters',
    brings: 'entries',
    paper: {
      title: 'SubGen: Token Generation in Sublinear Time and Memory',
      section: '2.1',
      url: 'https://arxiv.org/abs/2402.06082',
    },
    options: z.object({
      ...syntheticOptions,
      clusters: z.int().min(1).default(12).describe('m, clusters per head and side'),
      noise: z
        .number()
        .min(0)
        .max(1e4)
        .default(0.15)
        .describe('distance of a key from its centre, which has length 1'),
    }),
  },
  (options, { seed }) =>
    syntheticSource('clustered', options, seed, (random) => clusteredHead(options, random)),
);

interface ClusterOptions {
  readonly d: number;
  readonly order: Order;
  readonly clusters: number;
  readonly noise: number;
}

function clusteredHead({ d, order, clusters, noise }: ClusterOptions, random: Random): HeadModel {
  const matrix = (unit: boolean) =>
    Array.from({ length: clusters }, () => {
      const row = new Float64Array(d);
      fillGaussian(row, random);
      const length = unit ? Math.sqrt(square(row)) : 1;
      return row.map((x) => x / length);
    });
  const sides = [1, 2].map(() => ({ centres: matrix(true), means: matrix(false) }));
  const spread = noise / Math.sqrt(d);
  const moments = sides.map(({ centres }) => keyMoments(centres, spread));
  const covariance = scoreCovariance(order === 'tensor' ? moments : [moments[0]], d);
  const drawAround = (row: Float32Array, centre: Float64Array, std: number, rowRandom: Random) => {
    for (let t = 0; t < d; t++) row[t] = centre[t] + std * rowRandom.gaussian();
  };
  return {
    keySquare: 1 + noise * noise,
    drawKey(key, { side }, rowRandom) {
      const cluster = rowRandom.below(clusters);
      drawAround(key, sides[side - 1].centres[cluster], spread, rowRandom);
      return cluster;
    },
    drawValue: (value, { side, cluster }, rowRandom) =>
      drawAround(value, sides[side - 1].means[cluster], VALUE_SPREAD, rowRandom),
    drawDirection: (query, rowRandom) => fillGaussian(query, rowRandom),
    scoreVariance: (query) => quadraticForm(covariance, query),
  };
}

interface Moments {
  /** E k, (d) */
  readonly mean: Float64Array;
  /** Cov k, (d × d) */
  readonly covariance: Float64Array;
}

function keyMoments(centres: readonly Float64Array[], spread: number): Moments {
  const d = centres[0].length;
  const mean = new Float64Array(d);
  const covariance = new Float64Array(d * d);
  for (const centre of centres) for (let t = 0; t < d; t++) mean[t] += centre[t] / centres.length;
  for (let t = 0; t < d; t++) {
    for (let u = 0; u < d; u++) {
      for (const centre of centres)
        covariance[t * d + u] += ((centre[t] - mean[t]) * (centre[u] - mean[u])) / centres.length;
    }
    covariance[t * d + t] += spread * spread;
  }
  return { mean, covariance };
}

/**
 * C with Var <q, k1 * k2> = qᵀ C q: the sides are independent, so moments of the product are products of moments.
 * Π(c + m mᵀ) − Π m mᵀ side by side, so that a small covariance is not lost in the difference of large products.
 */
function scoreCovariance(sides: readonly Moments[], d: number): Float64Array {
  return new Float64Array(d * d).map((_, at) => {
    let [product, means] = [0, 1];
    for (const { mean, covariance } of sides) {
      const m = mean[Math.floor(at / d)] * mean[at % d];
      product = product * (covariance[at] + m) + means * covariance[at];
      means *= m;
    }
    return product;
  });
}

function quadraticForm(matrix: Float64Array, x: Float64Array): number {
  let sum = 0;
  for (let t = 0; t < x.length; t++) {
    let row = 0;
    for (let u = 0; u < x.length; u++) row += matrix[t * x.length + u] * x[u];
    sum += x[t] * row;
  }
  return sum;
}
