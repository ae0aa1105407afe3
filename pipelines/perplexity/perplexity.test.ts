import { afterAll, describe, expect, it } from 'vitest';
import { randomModel } from '../../data/weights/testing/random-model.js';
import { caches } from '../../operators/caches/index.js';
import { fourCache } from '../../operators/caches/four-cache.js';
import { oracleTopK } from '../../operators/caches/oracle-top-k.js';
import { random } from '../../operators/caches/random.js';
import { window } from '../../operators/caches/window.js';
import type { CacheFactory } from '../../src/core/cache.js';
import { randomStream } from '../../src/core/random.js';
import { crossEntropy } from '../../src/lab/model/cross-entropy.js';
import { forward } from '../../src/lab/model/forward.js';
import { referenceKernels } from '../../src/lab/model/reference-kernels.js';
import { inlinePool, SharedArena } from '../../workers/index.js';
import { cacheAttention } from './cache-attention.js';
import { compare, predict, windowsOf, type Windows } from './evaluate.js';
import { exactAttention } from './exact-attention.js';
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
  it.each(CASES)(
    'of the exact cache is that of the model without caches, order $order',
    async ({ order }) => {
      const model = randomModel({ order });
      const { predictions, held } = await through(model, fourCache());
      expect(predictions.nll.length).toBe(16 * 12);
      for (const [w, start] of windows.starts.entries()) {
        const { logits } = forward(model, text.subarray(start, start + 16), { kernels: referenceKernels });
        const plain = crossEntropy(logits, text.subarray(start + 1, start + 17), 1);
        expect(largestDifference(predictions.nll.subarray(w * 16, w * 16 + 16), plain)).toBeLessThan(1e-5);
      }
      const perToken = (order === 'tensor' ? 4 : 2) * 4 * 4 * 2 * 2; // rows · d · bytes · heads · layers
      expect(held).toEqual({ meanBytes: (perToken * 17) / 2, lastBytes: perToken * 16, outOfRange: 0 });
    },
  );

  it.each(CASES)('of whole windows at once is that of the exact cache, order $order', async ({ order }) => {
    const model = randomModel({ order });
    const whole = await predict(model, windows, exactAttention(model.shape, referenceKernels));
    const { predictions } = await through(model, fourCache());
    expect(largestDifference(whole.nll, predictions.nll)).toBeLessThan(1e-5);
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

function largestDifference(x: ArrayLike<number>, y: ArrayLike<number>): number {
  return Math.max(...Array.from(x, (value, i) => Math.abs(value - y[i])));
}
