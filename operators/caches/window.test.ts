import { expect, it } from 'vitest';
import { fourCache } from './four-cache.js';
import { startTrial } from './testing/harness.js';
import { makeStream } from './testing/streams.js';
import { window } from './window.js';

const row = (x: number) => Float64Array.of(x);

it('answers from the last tokens of each side only', async () => {
  const trial = startTrial(window({ size: 2, size2: 3 }), { d: 1, order: 'tensor', scale: 1, dtype: 'f64' });
  for (let i = 1; i <= 7; i++) {
    trial.append({ q: row(0), k1: row(9), k2: row(9), v1: row(i), v2: row(10 ** i) });
  }
  const { output, pairs } = await trial.ask(row(0)); // q = 0: the plain mean over pairs
  expect(pairs).toBe(6);
  expect(output[0]).toBeCloseTo(((6 + 7) / 2) * ((1e5 + 1e6 + 1e7) / 3), 3);
  expect(trial.cache.census()).toMatchObject({ kept1: 2, evicted1: 5, kept2: 3, evicted2: 4 });
  trial.release();
});

it('is exact attention over the last tokens, with each key beside its own value', async () => {
  const stream = makeStream({
    ...{ d: 5, n: 20, seed: 3, order: 'tensor', dtype: 'f64', scale: 1, maxScore: 5 },
    ...{ zeroKeys: 0, zeroValues: 0, repeats: 0 },
  });
  const trial = startTrial(window({ size: 6 }), stream);
  for (const [i, token] of stream.tokens.entries()) {
    trial.append(token);
    const exact = startTrial(fourCache(), stream);
    for (const kept of stream.tokens.slice(Math.max(0, i - 5), i + 1)) exact.append(kept);
    const [{ output }, expected] = [await trial.ask(token.q), await exact.ask(token.q)];
    output.forEach((x, j) => expect(x).toBeCloseTo(expected.output[j], 12));
    exact.release();
  }
  trial.release();
});

it.each([{ size: 0 }, { size: -3 }, { size: 1.5 }, { size2: 0 }, { size: '0%' }, { size: '1kx' }])(
  'refuses %o',
  (options) => {
    expect(() => window(options)).toThrow(expect.objectContaining({ code: 'bad-option' }) as Error);
  },
);

it('refuses bytes that do not hold one token, and says how many do', () => {
  const shape = { d: 4, order: 'tensor', scale: 1, dtype: 'f32' } as const;
  expect(() => startTrial(window({ size: 1, size2: '31B' }), shape)).toThrow('32B');
});

it('a share keeps the last tokens as it grows', async () => {
  const trial = startTrial(window({ size: '50%' }), { d: 1, order: 'matrix', scale: 1, dtype: 'f64' });
  for (let i = 1; i <= 9; i++) trial.append({ q: row(0), k1: row(0), k2: null, v1: row(i), v2: null });
  expect([...trial.cache.positions!().side1].sort()).toEqual([5, 6, 7, 8]);
  expect((await trial.ask(row(0))).output[0]).toBeCloseTo((6 + 7 + 8 + 9) / 4, 12);
  trial.release();
});
