import { expect, it } from 'vitest';
import { randomStream } from '../../src/core/random.js';
import { subgen2 } from './subgen2.js';
import { subgen4 } from './subgen4.js';
import { startTrial } from './testing/harness.js';
import { makeStream } from './testing/streams.js';

const shape = { d: 1, order: 'tensor', scale: 1, dtype: 'f64' } as const;
const row = (x: number) => Float64Array.of(x);

it('takes the 2n-1 pairs of each token in shell order', () => {
  const trial = startTrial(subgen2({ delta: 0.1, t: 1, s: 99 }), shape);
  for (const [x, y] of [
    [2, 10],
    [3, 100],
    [5, 1000],
  ]) {
    trial.append({ q: row(0), k1: row(x), k2: row(y), v1: row(x), v2: row(-y) });
  }
  const pairs = [20, 30, 300, 200, 50, 500, 5000, 2000, 3000];
  const state = trial.cache.snapshot();
  expect([...state['clusters.rows.representatives']]).toEqual(pairs);
  expect([...state['slots.rows.keys']]).toEqual(pairs);
  expect([...state['slots.rows.values']]).toEqual(pairs.map((x) => -x));
  expect([...state['stream.k2']]).toEqual([10, 100, 1000]);
  trial.release();
});

it('reports the samples as resident, which do not grow, and what generates pairs as metadata, which does', () => {
  const trial = startTrial(subgen2({ delta: 9, t: 4, s: 16 }), { ...shape, d: 3, dtype: 'f32' });
  const random = randomStream(1, 'tokens');
  const near = () => Float64Array.from({ length: 3 }, () => random.uniform()); // products in one ball of radius 9
  const bytes = [20, 200].map((n) => {
    while (trial.appended < n) trial.append({ q: near(), k1: near(), k2: near(), v1: near(), v2: near() });
    return trial.bytes();
  });
  expect(bytes[0].resident).toBe((1 + 4 + 2 * 16) * 3 * 4); // m·(1 + t) + 2·s vectors
  expect(bytes[1].resident).toBe(bytes[0].resident);
  expect(bytes[1].metadata - bytes[0].metadata).toBe(4 * 180 * 3 * 4); // 4·n·d numbers
  trial.release();
});

it('is SubGen itself in matrix order, as subgen4 is there', async () => {
  const stream = makeStream({
    ...{ d: 5, n: 40, seed: 3, order: 'matrix', dtype: 'f64', scale: 1, maxScore: 3 },
    ...{ zeroKeys: 0, zeroValues: 0, repeats: 0.3 },
  });
  const options = { delta: 2, t: 2, s: 6 };
  const [two, four] = [startTrial(subgen2(options), stream), startTrial(subgen4(options), stream)];
  for (const token of stream.tokens) {
    for (const trial of [two, four]) trial.append(token);
    const [answer, expected] = [await two.ask(token.q), await four.ask(token.q)];
    expect([...answer.output]).toEqual([...expected.output]);
    expect(two.bytes()).toEqual(four.bytes());
  }
  for (const trial of [two, four]) trial.release();
});

it.each([subgen2, subgen4])('claims the ε that s = d/ε² gives', (cache) => {
  const input = { n: 1000, d: 64, order: 'tensor', bytesPerNumber: 4, census: null } as const;
  expect(cache({ s: 64 }).claimedEps(input)).toBe(1);
  expect(cache({ s: 6400 }).claimedEps(input)).toBeCloseTo(0.1, 15);
});

it.each([{ delta: 0 }, { delta: -1 }, { t: 0 }, { s: 0 }, { s: 1.5 }])('refuses %o', (options) => {
  expect(() => subgen2(options)).toThrow(expect.objectContaining({ code: 'bad-option' }) as Error);
});
