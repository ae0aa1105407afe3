import { afterAll, describe, expect, it } from 'vitest';
import { randomModel } from '../../data/weights/testing/random-model.js';
import { caches } from '../../operators/caches/index.js';
import { fourCache } from '../../operators/caches/four-cache.js';
import { oracleTopK } from '../../operators/caches/oracle-top-k.js';
import { random } from '../../operators/caches/random.js';
import { window } from '../../operators/caches/window.js';
import type { CacheFactory } from '../../src/core/cache.js';
import { randomStream } from '../../src/core/random.js';
import { inlinePool, SharedArena } from '../../workers/index.js';
import { cacheAttention } from './cache-attention.js';
import { compare, predict, windowsOf, type Windows } from './evaluate.js';
import { forwardWindows, type LayerAttention } from './forward.js';

const arena = SharedArena.create('f32');
const pool = inlinePool(arena);
afterAll(() => pool.close());

const letters = randomStream(5, 'text');
const text = Uint8Array.from({ length: 16 * 12 + 1 }, () => 97 + letters.below(26));
const windows = windowsOf(text, 16);
const CASES = [{ order: 'tensor' }, { order: 'matrix' }] as const;

async function through(
  model: ReturnType<typeof randomModel>,
  factory: CacheFactory,
  over: Windows = windows,
) {
  const attention = cacheAttention(model.shape, { arena, pool }, { factory, label: 'test', seed: 1 });
  return { predictions: await predict(model, over, attention.attend), held: attention.held() };
}

describe('perplexity', () => {
  it.each(CASES)('of the exact cache is that of attention written out, order $order', async ({ order }) => {
    const model = randomModel({ order });
    const plain = await predict(model, windows, writtenOut(model.shape));
    const { predictions, held } = await through(model, fourCache());
    expect(plain.nll.length).toBe(16 * 12);
    expect(largestDifference(predictions.nll, plain.nll)).toBeLessThan(1e-5);
    const perToken = (order === 'tensor' ? 4 : 2) * 4 * 4 * 2 * 2; // rows · d · bytes · heads · layers
    expect(held).toEqual({ meanBytes: (perToken * 17) / 2, lastBytes: perToken * 16, outOfRange: 0 });
  });

  it.each(CASES)('is the exact one where a budget covers everything, order $order', async ({ order }) => {
    const model = randomModel({ order });
    const short = windowsOf(text.subarray(0, 17), 16);
    const exact = await through(model, fourCache(), short);
    for (const plugin of caches.filter(({ spec }) => spec.orders.includes(order))) {
      const options = plugin.spec.covering(16);
      if (options === null || plugin.spec.name === 'polynomial') continue;
      const { predictions } = await through(model, plugin(options), short);
      expect(largestDifference(predictions.nll, exact.predictions.nll), plugin.spec.name).toBeLessThan(1e-5);
    }
  });

  it.each(CASES)(
    'is nearer to exact with the oracle than with random eviction, order $order',
    async ({ order }) => {
      const model = randomModel({ order });
      const exact = await through(model, fourCache());
      const of = async (factory: CacheFactory) =>
        compare(exact.predictions, (await through(model, factory)).predictions, windows);
      const [oracle, chance] = [await of(oracleTopK({ size: 5 })), await of(random({ size: 5 }))];
      expect(oracle.kl).toBeGreaterThan(0);
      expect(oracle.kl).toBeLessThan(chance.kl / 2);
      expect(oracle.agreement).toBeGreaterThan(chance.agreement);
    },
  );

  it('feels in layer 2 what a cache forgot in layer 1', async () => {
    const model = randomModel();
    const q: Float32Array[] = [];
    const watched =
      (attend: LayerAttention): LayerAttention =>
      (rows, layer, length) => {
        if (layer === 1) q.push(rows.q);
        return attend(rows, layer, length);
      };
    for (const factory of [fourCache(), window({ size: 2 })]) {
      const { attend } = cacheAttention(model.shape, { arena, pool }, { factory, label: 'test', seed: 1 });
      await forwardWindows(model, text.subarray(0, 16), 16, watched(attend));
    }
    const width = q[0].length / 16;
    expect(q[1].subarray(0, 2 * width)).toEqual(q[0].subarray(0, 2 * width)); // the window covers two tokens
    expect(
      largestDifference(q[1].subarray(2 * width, 3 * width), q[0].subarray(2 * width, 3 * width)),
    ).toBeGreaterThan(1e-3);
  });

  it('spreads windows over the text and leaves out what fills none', () => {
    expect(windowsOf(text, 16).starts.length).toBe(12);
    expect(windowsOf(text, 16, 4).starts).toEqual([0, 48, 96, 144]);
    expect(windowsOf(text.subarray(0, 32), 16).starts).toEqual([0]); // the 33rd byte would be the last one's next
  });
});

describe('comparison', () => {
  it('is by hand that of two distributions over two tokens', () => {
    const of = (...p: number[]) => ({
      logProbabilities: Float32Array.from(p.flatMap((x) => [Math.log(x), Math.log(1 - x)])),
      nll: Float64Array.from(p, (x) => -Math.log(x)),
    });
    const two = { text, starts: [0, 2], length: 2 };
    const found = compare(of(0.5, 0.75, 0.75, 0.75), of(0.25, 0.75, 0.75, 0.25), two);
    const kl = [0.5 * Math.log(4 / 3), 0.5 * Math.log(3)];
    expect(found.kl).toBeCloseTo((kl[0] + kl[1]) / 4, 6);
    expect(found.agreement).toBe(0.5);
    expect(found.excess).toBeCloseTo((Math.log(2) + Math.log(3)) / 4, 6);
    expect(found.excessError).toBeCloseTo((Math.log(3) / 2 - Math.log(2) / 2) / 2, 6);
  });
});

/** Attention as math.md 1.1 defines it: every pair of tokens, float64. */
function writtenOut({ heads, d, order, scale }: ReturnType<typeof randomModel>['shape']): LayerAttention {
  return ({ q, k1, k2, v1, v2 }, _, length) => {
    const out = new Float32Array(q.length);
    for (let row = 0; row < q.length / (heads * d); row++) {
      const first = row - (row % length);
      for (let h = 0; h < heads; h++) {
        const at = (of: Float32Array | null, token: number, t: number) =>
          of?.[(token * heads + h) * d + t] ?? 1;
        const sums = new Float64Array(d);
        let z = 0;
        for (let a = first; a <= row; a++) {
          for (let b = first; b <= (order === 'tensor' ? row : first); b++) {
            let score = 0;
            for (let t = 0; t < d; t++) score += scale * at(q, row, t) * at(k1, a, t) * at(k2, b, t);
            z += Math.exp(score);
            for (let t = 0; t < d; t++) sums[t] += Math.exp(score) * at(v1, a, t) * at(v2, b, t);
          }
        }
        for (let t = 0; t < d; t++) out[(row * heads + h) * d + t] = sums[t] / z;
      }
    }
    return Promise.resolve(out);
  };
}

function largestDifference(x: ArrayLike<number>, y: ArrayLike<number>): number {
  return Math.max(...Array.from(x, (value, i) => Math.abs(value - y[i])));
}
