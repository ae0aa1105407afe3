import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomStream } from '../core/random.js';
import { lnCovering, lnCoveringCoarse, lnPairwiseClusters, lnProductCovering } from './covering.js';
import { binaryEntropy, fanoFloor, indexBits, inverseBinaryEntropy } from './entropy.js';
import { normalCdf, normalQuantile } from './normal.js';
import { gapOfExponentialCode, lnPackedKeys, packedKeys, packingRate, weightOnCircle } from './packing.js';
import { dimensionPerLog, largestInnerProduct, leastDimension } from './random-keys.js';
import { oneClusterCounts, subgenCounts } from './sampling.js';

describe('entropy', () => {
  it('gives the constants of the Index problem', () => {
    expect(indexBits(2 / 3)).toBeCloseTo(0.0817, 4);
    expect(indexBits(0.9)).toBeCloseTo(0.531, 4);
    expect(indexBits(0.99)).toBeCloseTo(0.9192, 4);
    expect([indexBits(0.5), indexBits(1)]).toEqual([0, 1]);
  });

  it.each([
    [0.9, 0.013],
    [0.75, 0.0417],
    [0.5, 0.11],
    [0.25, 0.2145],
  ])('puts the Fano floor at a share of %d on an error of %d', (share, error) => {
    expect(fanoFloor(share)).toBeCloseTo(error, 4);
  });

  it('is inverted', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 0.5, noNaN: true }), (x) => {
        expect(binaryEntropy(inverseBinaryEntropy(binaryEntropy(x)))).toBeCloseTo(binaryEntropy(x), 12);
      }),
    );
    expect([inverseBinaryEntropy(-1), inverseBinaryEntropy(0), inverseBinaryEntropy(2)]).toEqual([0, 0, 0.5]);
  });
});

describe('the normal distribution', () => {
  it.each([
    [0, 0.5],
    [1, 0.8413447460685429],
    [-2.4, 0.008197535924596131],
    [2.6, 0.9953388119762813],
    [-6, 9.865876450376981e-10],
    [-20, 2.7536241186062337e-89],
  ])('Φ(%d) = %d', (x, value) => {
    expect(normalCdf(x) / value).toBeCloseTo(1, 12);
  });

  it('is inverted, also far out', () => {
    expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 12);
    expect([normalQuantile(0), normalQuantile(1)]).toEqual([-Infinity, Infinity]);
    expect(normalQuantile(0.5)).toBeCloseTo(0, 15);
    fc.assert(
      fc.property(fc.double({ min: -30, max: 8, noNaN: true }), (x) => {
        expect(normalQuantile(normalCdf(x))).toBeCloseTo(x, x > 5 ? 1 : 8);
      }),
    );
  });
});

describe('random keys', () => {
  it('need 29.6 dimensions per ln N at ε = .45, and 600 at ε = .1', () => {
    expect(dimensionPerLog(0.45)).toBeCloseTo(29.6, 1);
    expect(dimensionPerLog(0.1)).toBeCloseTo(600, 9);
    expect(leastDimension(64, 0.1) / 2500).toBeCloseTo(1, 2);
    expect(leastDimension(64, 0.45)).toBe(Math.ceil((6 / 0.45 ** 2) * Math.log(64)));
  });

  it('have a largest inner product of about √(4·ln n/d), in the mean of a few draws', () => {
    const [n, d] = [64, 256];
    const random = randomStream(1, 'keys');
    const draws = Array.from({ length: 20 }, () => largestOf(n, d, () => random.gaussian()));
    const mean = draws.reduce((sum, x) => sum + x, 0) / draws.length;
    expect(Math.abs(mean / largestInnerProduct(n, d) - 1)).toBeLessThan(0.15);
  });
});

/** Largest |<k_i, k_j>| of n random unit vectors. */
function largestOf(n: number, d: number, gaussian: () => number): number {
  const keys = Array.from({ length: n }, () => {
    const key = Array.from({ length: d }, gaussian);
    const norm = Math.hypot(...key);
    return key.map((x) => x / norm);
  });
  let largest = 0;
  for (let a = 0; a < n; a++) {
    for (let b = 0; b < a; b++) {
      largest = Math.max(largest, Math.abs(keys[a].reduce((sum, x, t) => sum + x * keys[b][t], 0)));
    }
  }
  return largest;
}

describe('packing', () => {
  it('tells e^d keys apart from a query norm of 14.3·d on', () => {
    expect(gapOfExponentialCode).toBeCloseTo(0.0701, 4);
    expect(1 / gapOfExponentialCode).toBeCloseTo(14.3, 1);
    for (const d of [20, 50, 200]) {
      const reached = lnPackedKeys(d, d / gapOfExponentialCode);
      expect(reached / d).toBeGreaterThan(0.95);
      expect(reached).toBeLessThanOrEqual(d);
    }
  });

  it('has no exponential code at the ε that the paper asks for', () => {
    expect(packingRate(0.1)).toBeCloseTo(0.018, 3);
    expect(packingRate(0.5)).toBeCloseTo(0.28, 2);
  });

  it('works on a circle, once the query is long: n = 64, |q| = 252 gives weight .62', () => {
    const norm = (0.25 * Math.log(128)) / (1 - Math.cos((2 * Math.PI) / 64));
    expect(norm).toBeCloseTo(252, 0);
    expect(weightOnCircle(64, norm)).toBeCloseTo(0.62, 2);
    expect(packedKeys(2, 1e9)).toBeGreaterThan(1000);
    expect(packedKeys(1, 1e9)).toBe(1);
  });

  it('grows with the dimension and with the query', () => {
    const [dims, norms] = [fc.integer({ min: 2, max: 200 }), fc.double({ min: 0.01, max: 1e4, noNaN: true })];
    fc.assert(
      fc.property(dims, norms, (d, r) => {
        expect(lnPackedKeys(d + 1, r)).toBeGreaterThanOrEqual(lnPackedKeys(d, r) - 1e-9);
        expect(lnPackedKeys(d, 1.1 * r)).toBeGreaterThanOrEqual(lnPackedKeys(d, r) - 1e-9);
        expect(lnPackedKeys(d, r)).toBeLessThanOrEqual(r);
      }),
    );
  });
});

describe('covering', () => {
  it('has the bases 3.31 and 5.41 at δ = e/3, and e only at δ = 3/e = 1.104', () => {
    expect(Math.exp(lnCoveringCoarse(1, Math.E / 3))).toBeCloseTo(3.31, 2);
    expect(Math.exp(lnPairwiseClusters(1, Math.E / 3))).toBeCloseTo(5.41, 2);
    expect(lnCoveringCoarse(7, 3 / Math.E)).toBeCloseTo(7, 12);
    expect(3 / Math.E).toBeCloseTo(1.104, 3);
  });

  it('is tighter as (1 + 2/δ)^d than as (3/δ)^d exactly for δ ≤ 1', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 2, noNaN: true }), (delta) => {
        const tighter = lnCovering(5, delta) <= lnCoveringCoarse(5, delta) + 1e-12;
        if (Math.abs(delta - 1) > 1e-9) expect(tighter).toBe(delta < 1);
        expect(lnPairwiseClusters(5, delta)).toBeGreaterThan(lnCovering(5, delta));
      }),
    );
  });

  it('bounds the leader clusters of random points, which are far fewer: 5, 8, 15, 23 for d = 2 to 5', () => {
    const random = randomStream(1, 'leaders');
    const counts = [2, 3, 4, 5].map((d) =>
      leaders(d, Math.E / 3, 20_000, () => random.gaussian(), random.uniform),
    );
    counts.forEach((count, i) => {
      expect(Math.log(count)).toBeLessThanOrEqual(lnCovering(i + 2, Math.E / 3));
      expect(Math.abs(count / [5, 8, 15, 23][i] - 1)).toBeLessThanOrEqual(0.3);
    });
    expect([2, 3, 4, 5].map((d) => Math.round(Math.E ** d))).toEqual([7, 20, 55, 148]);
  });

  it('of the l1 ball is polynomial in d', () => {
    expect(lnProductCovering(64, 0.5)).toBeCloseTo(4 * Math.log(129), 12);
    expect(lnProductCovering(200, 0.5)).toBeLessThan(lnCovering(200, 0.5));
  });
});

/** Clusters that the leader rule makes of random points of the unit ball. */
function leaders(
  d: number,
  delta: number,
  points: number,
  gaussian: () => number,
  uniform: () => number,
): number {
  const centres: number[][] = [];
  for (let i = 0; i < points; i++) {
    const x = Array.from({ length: d }, gaussian);
    const scale = uniform() ** (1 / d) / Math.hypot(...x);
    const point = x.map((coordinate) => coordinate * scale);
    const far = centres.every((c) => Math.hypot(...c.map((coordinate, t) => coordinate - point[t])) > delta);
    if (far) centres.push(point);
  }
  return centres.length;
}

describe('sampling', () => {
  const sizes = { n: 1024, d: 16, eps: 0.1, constant: 1 };

  it('counts m·(1 + t) + 2·s vectors', () => {
    const { lnT, s, lnVectors } = subgenCounts(sizes, 8, 1);
    const t = Math.ceil((Math.E * Math.log(1024)) / 0.01);
    expect(Math.exp(lnT)).toBeCloseTo(t, 6);
    expect(s).toBe(1600);
    expect(Math.exp(lnVectors)).toBeCloseTo(8 * (1 + t) + 2 * 1600, 6);
  });

  it('needs no e^d when one cluster is taken: 2·(1 + t + 2·s)', () => {
    const { lnT, s, lnVectors } = oneClusterCounts({ d: 16, eps: 0.1, r: 2, fail: 0.01 });
    const t = Math.ceil((3 * Math.sinh(2) ** 2) / (0.01 * 0.01));
    expect(Math.exp(lnT) / t).toBeCloseTo(1, 9);
    expect(s).toBe(480_000);
    expect(Math.exp(lnVectors) / (2 * (1 + t + 2 * s))).toBeCloseTo(1, 9);
  });

  it('stays finite in logarithms where the number itself overflows', () => {
    expect(subgenCounts(sizes, 8, 5000).lnVectors).toBeGreaterThan(5000);
    expect(oneClusterCounts({ d: 16, eps: 0.1, r: 5000, fail: 0.01 }).lnVectors).toBeGreaterThan(9990);
  });
});
