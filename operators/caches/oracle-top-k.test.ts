import { expect, it } from 'vitest';
import { oracleTopK } from './oracle-top-k.js';
import { startTrial } from './testing/harness.js';
import { referenceAttention } from './testing/reference.js';
import { makeStream } from './testing/streams.js';
import { window } from './window.js';

const row = (...x: number[]) => Float64Array.from(x);

it('answers from the pairs with the largest weights, each with its own value', async () => {
  const trial = startTrial(oracleTopK({ size: 1, size2: 2 }), {
    d: 1,
    order: 'tensor',
    scale: 1,
    dtype: 'f64',
  });
  const [a, b] = [
    [1, 2, 3],
    [-1, 5, 1],
  ];
  a.forEach((x, i) =>
    trial.append({ q: row(0), k1: row(x), k2: row(b[i]), v1: row(10 ** i), v2: row(2 + i) }),
  );
  // scores a·b: the largest two are 3·5 (v 100·3) and 2·5 (v 10·3)
  const { output, pairs, lse } = await trial.ask(row(1));
  expect(pairs).toBe(2);
  expect(lse).toBeCloseTo(15 + Math.log1p(Math.exp(-5)), 12);
  expect(output[0]).toBeCloseTo((300 + 30 * Math.exp(-5)) / (1 + Math.exp(-5)), 10);
  expect(trial.cache.census()).toMatchObject({ kept1: 3, kept2: 3, evicted1: 0 });
  trial.release();
});

it.each(['tensor', 'matrix'] as const)(
  'keeps exactly the mass of the k largest weights, and never less than a window of the same budget (%s)',
  async (order) => {
    const stream = makeStream({
      ...{ d: 6, n: 40, seed: 11, order, dtype: 'f64', scale: 1, maxScore: 6 },
      ...{ zeroKeys: 0.1, zeroValues: 0, repeats: 0.2 },
    });
    const budgets = { size: 6, size2: 4 };
    const [oracle, rival] = [oracleTopK(budgets), window(budgets)].map((f) => startTrial(f, stream));
    for (const [i, token] of stream.tokens.entries()) {
      for (const trial of [oracle, rival]) trial.append(token);
      const k = order === 'tensor' ? Math.min(i + 1, 6) * Math.min(i + 1, 4) : Math.min(i + 1, 6);
      const best = [...referenceAttention(stream, i + 1).scores].sort((x, y) => y - x).slice(0, k);
      const [answer, other] = [await oracle.ask(token.q), await rival.ask(token.q)];
      expect(answer.pairs).toBe(k);
      expect(Math.exp(answer.lse)).toBeCloseTo(
        best.reduce((sum, s) => sum + Math.exp(s), 0),
        8,
      );
      expect(answer.lse).toBeGreaterThanOrEqual(other.lse - 1e-12);
    }
    for (const trial of [oracle, rival]) trial.release();
  },
);

it('keeps everything whatever the budget, and says that it needs memory for what it selects', () => {
  const size = oracleTopK({ size: 8 }).formula({
    n: 100,
    d: 4,
    order: 'tensor',
    bytesPerNumber: 4,
    census: null,
  });
  expect(size).toMatchObject({ residentBytes: 4 * 100 * 4 * 4, scratchBytes: 2 * 64 * 4 * 4 });
});
