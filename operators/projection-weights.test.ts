import { describe, expect, it } from 'vitest';
import { randomStream } from '../src/core/random.js';
import type { Order } from '../src/core/shape.js';
import type { ProjectionWeights } from '../src/core/weights.js';
import { gaussianWeights, headScoreStd, scaleToScoreStd } from './projection-weights.js';

const [heads, d] = [2, 6];
const width = heads * d;
const make = (order: Order) =>
  gaussianWeights({ heads, d, order }, (name) => randomStream(11, 'weights', name));
const orders = ['tensor', 'matrix'] as const;

/** Standard deviation of scale·Σ_t (x·Wq)_t (y·W1)_t (z·W2)_t over independent normal x, y, z. */
function sampledScoreStd(
  { q, k1, k2 }: ProjectionWeights,
  scale: number,
  head: number,
  samples: number,
): number {
  const normal = randomStream(head, 'samples');
  const row = (w: Float32Array) => {
    const out = new Float64Array(d);
    for (let i = 0; i < width; i++) {
      const x = normal.gaussian();
      for (let t = 0; t < d; t++) out[t] += x * w[i * width + head * d + t];
    }
    return out;
  };
  let [sum, squares] = [0, 0];
  for (let n = 0; n < samples; n++) {
    const parts = [q, k1, k2].filter((part) => part !== null).map(row);
    let score = 0;
    for (let t = 0; t < d; t++) score += parts.reduce((product, part) => product * part[t], scale);
    sum += score;
    squares += score * score;
  }
  return Math.sqrt(squares / samples - (sum / samples) ** 2);
}

describe('gaussianWeights', () => {
  it('have variance 1/(heads·d), so that rows keep the variance of their input', () => {
    const w = gaussianWeights({ heads: 4, d: 16, order: 'tensor' }, (name) => randomStream(1, name));
    for (const part of Object.values(w) as Float32Array[]) {
      const variance = part.reduce((sum, x) => sum + x * x, 0) / part.length;
      expect(Math.abs(64 * variance - 1)).toBeLessThan(4 * Math.sqrt(2 / part.length));
    }
    expect(w.q).not.toEqual(w.k1);
  });

  it.each(orders)('has what %s order needs and nothing else', (order) => {
    const present = Object.entries(make(order))
      .filter(([, part]) => part !== null)
      .map(([name]) => name);
    expect(present.sort()).toEqual(order === 'tensor' ? ['k1', 'k2', 'q', 'v1', 'v2'] : ['k1', 'q', 'v1']);
  });
});

describe.each(orders)('score deviation in %s order', (order) => {
  it('equals a Monte-Carlo estimate within 3 %, head by head', () => {
    const weights = make(order);
    for (let head = 0; head < heads; head++) {
      const ratio =
        sampledScoreStd(weights, -0.5, head, 40_000) / headScoreStd(weights, heads, d, -0.5, head);
      expect(Math.abs(ratio - 1)).toBeLessThan(0.03);
    }
  });

  it('becomes exactly what is asked, from q and keys alone, without touching its input', () => {
    const [weights, untouched] = [make(order), make(order)];
    for (const [scale, std] of [
      [1, 1],
      [0.125, 7],
    ] as const) {
      const scaled = scaleToScoreStd(weights, { heads, d, scale }, std);
      for (let head = 0; head < heads; head++) {
        expect(headScoreStd(scaled, heads, d, scale, head) / std).toBeCloseTo(1, 6);
      }
      expect([scaled.v1, scaled.v2]).toEqual([weights.v1, weights.v2]);
      expect(scaled.q).not.toEqual(weights.q);
    }
    expect(weights).toEqual(untouched);
  });

  it('is refused for a head whose scores cannot have it', () => {
    const shape = { heads, d, scale: 1 };
    const zeroed = (name: 'q' | 'k1', value: number) => {
      const weights = make(order);
      for (let i = 0; i < width; i++) weights[name].fill(value, i * width + d, (i + 1) * width); // head 1
      return weights;
    };
    for (const [weights, std] of [
      [zeroed('q', 0), 1],
      [zeroed('k1', 0), 1],
      [zeroed('q', NaN), 1],
      [zeroed('k1', Infinity), 1],
    ] as const) {
      expect(() => scaleToScoreStd(weights, shape, std)).toThrow(
        /^head 1: its scores have standard deviation/,
      );
    }
    for (const std of [1e200, 1e-200]) {
      expect(() => scaleToScoreStd(make(order), shape, std)).toThrow(/^head 0/);
    }
  });
});
