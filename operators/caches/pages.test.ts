import { expect, it } from 'vitest';
import type { Answer } from '../../src/core/pool.js';
import { randomStream } from '../../src/core/random.js';
import { oracleTopK } from './oracle-top-k.js';
import { pages } from './pages.js';
import { startTrial } from './testing/harness.js';
import { makeStream, type Token } from './testing/streams.js';
import { window } from './window.js';

const row = (...x: number[]) => Float64Array.from(x);
const logSum = (scores: readonly number[]) => Math.log(scores.reduce((sum, s) => sum + Math.exp(s), 0));

it('reads the pairs of pages with the largest bounds, whole', async () => {
  const keys1 = [1, 2, -5, 3];
  const keys2 = [0, 1, 2, -1];
  // bounds of the pairs of pages: 2 and 4; 3 and 6
  const ask = async (options: { size: number; size2: number }) => {
    const shape = { d: 1, order: 'tensor', scale: 1, dtype: 'f64' } as const;
    const trial = startTrial(pages({ ...options, page: 2 }), shape);
    keys1.forEach((k1, i) =>
      trial.append({ q: row(0), k1: row(k1), k2: row(keys2[i]), v1: row(1), v2: row(1) }),
    );
    const answer = await trial.ask(row(1));
    trial.release();
    return answer;
  };
  const one = await ask({ size: 2, size2: 2 });
  expect(one.pairs).toBe(4);
  expect(one.lse).toBeCloseTo(logSum([-10, 5, 6, -3]), 12); // {−5, 3} × {2, −1}
  const two = await ask({ size: 4, size2: 2 });
  expect(two.pairs).toBe(8);
  expect(two.lse).toBeCloseTo(logSum([-10, 5, 6, -3, 2, -1, 4, -2]), 12); // and {1, 2} × {2, −1}
});

it.each(['tensor', 'matrix'] as const)('finds a needle however long ago it was (%s)', async (order) => {
  const random = randomStream(5, 'hay');
  const d = 8;
  const small = () => Float64Array.from({ length: d }, () => 0.1 * random.gaussian());
  const needle = new Float64Array(d).fill(3);
  const tokenOf = (i: number): Token => ({
    q: small(),
    ...{ k1: i === 5 ? needle : small(), v1: small() },
    ...(order === 'tensor' ? { k2: i === 11 ? needle : small(), v2: small() } : { k2: null, v2: null }),
  });
  const shape = { d, order, scale: 1, dtype: 'f64' } as const;
  const budgets = { size: 8, size2: 8 };
  const [paged, recent, exact] = [pages({ ...budgets, page: 4 }), window(budgets), pages({ size: 96 })].map(
    (f) => startTrial(f, shape),
  );
  for (let i = 0; i < 96; i++) {
    const token = tokenOf(i);
    for (const trial of [paged, recent, exact]) trial.append(token);
  }
  const answers: Answer[] = [];
  for (const trial of [paged, recent, exact]) answers.push(await trial.ask(new Float64Array(d).fill(1)));
  const [found, missed] = answers.map(({ lse }) => Math.exp(lse - answers[2].lse));
  expect(found).toBeGreaterThan(0.99);
  expect(missed).toBeLessThan(0.01);
  for (const trial of [paged, recent, exact]) trial.release();
});

it('reads no more than its budget, and cannot beat the oracle that reads as much', async () => {
  const stream = makeStream({
    ...{ d: 6, n: 50, seed: 2, order: 'tensor', dtype: 'f64', scale: 1, maxScore: 6 },
    ...{ zeroKeys: 0, zeroValues: 0, repeats: 0.3 },
  });
  const budgets = { size: 12, size2: '30%' };
  const [paged, oracle] = [pages({ ...budgets, page: 3 }), oracleTopK({ ...budgets, size2: 15 })].map((f) =>
    startTrial(f, stream),
  );
  for (const [i, token] of stream.tokens.entries()) {
    for (const trial of [paged, oracle]) trial.append(token);
    const [answer, best] = [await paged.ask(token.q), await oracle.ask(token.q)];
    const n = i + 1;
    expect(answer.pairs).toBeLessThanOrEqual(Math.min(n, 12) * Math.min(n, Math.max(3, Math.floor(0.3 * n))));
    expect(answer.lse).toBeLessThanOrEqual(best.lse + 1e-12);
  }
  for (const trial of [paged, oracle]) trial.release();
});

it('refuses a budget below one page', () => {
  const shape = { d: 1, order: 'matrix', scale: 1, dtype: 'f64' } as const;
  expect(() => startTrial(pages({ size: 15 }), shape)).toThrow(
    expect.objectContaining({ code: 'bad-option' }) as Error,
  );
});
