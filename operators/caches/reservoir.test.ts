import { expect, it } from 'vitest';
import { reservoir } from './reservoir.js';
import { startTrial, type Trial } from './testing/harness.js';
import { makeStream } from './testing/streams.js';

const shape = { d: 1, order: 'tensor', scale: 1, dtype: 'f64' } as const;
const row = Float64Array.of(1);
const fill = (trial: Trial, n: number) => {
  for (let i = 0; i < n; i++) trial.append({ q: row, k1: row, k2: row, v1: row, v2: row });
};

it('every pair of tokens is as likely as any other to be the sample of a side, and sides are independent', () => {
  const [n, m, seeds] = [5, 2, 5000];
  const counts = new Map<string, number>();
  let equal = 0;
  for (let seed = 0; seed < seeds; seed++) {
    const trial = startTrial(reservoir({ size: m }), shape, seed);
    fill(trial, n);
    const { side1, side2 } = trial.cache.positions!();
    const [one, two] = [side1, side2].map((side) => [...side].sort().join());
    counts.set(one, (counts.get(one) ?? 0) + 1);
    if (one === two) equal++;
    trial.release();
  }
  expect(counts.size).toBe(10); // 5 over 2
  const near = (count: number) => Math.abs(count - seeds / 10) < 4 * Math.sqrt(seeds * 0.1 * 0.9);
  expect([...counts.values()].every(near)).toBe(true);
  expect(near(equal)).toBe(true);
});

it('each sample stands for n/m tokens: counting tokens is exact', async () => {
  const trial = startTrial(reservoir({ size: 4, size2: 10 }), shape);
  fill(trial, 50);
  const { lse, output } = await trial.ask(Float64Array.of(0)); // every weight is e^0
  expect(lse).toBeCloseTo(Math.log(50 * 50), 12);
  expect(output[0]).toBe(1);
  expect(trial.cache.census()).toMatchObject({ kept1: 4, kept2: 10, samples: 28 });
  trial.release();
});

it('its answer is attention over the sample: equal weights cancel', async () => {
  const stream = makeStream({
    ...{ d: 5, n: 30, seed: 4, order: 'tensor', dtype: 'f64', scale: 1, maxScore: 5 },
    ...{ zeroKeys: 0, zeroValues: 0, repeats: 0 },
  });
  const trial = startTrial(reservoir({ size: 6 }), stream);
  for (const token of stream.tokens) trial.append(token);
  const { side1, side2 } = trial.cache.positions!();
  const sample = startTrial(reservoir({ size: 6 }), stream); // holds 6 tokens: exact attention over them
  side1.forEach((a, i) => {
    const [one, two] = [stream.tokens[a], stream.tokens[side2[i]]];
    sample.append({ q: one.q, k1: one.k1, v1: one.v1, k2: two.k2, v2: two.v2 });
  });
  const { q } = stream.tokens[29];
  const [answer, plain] = [await trial.ask(q), await sample.ask(q)];
  answer.output.forEach((x, j) => expect(x).toBeCloseTo(plain.output[j], 12));
  expect(answer.lse - plain.lse).toBeCloseTo(2 * Math.log(30 / 6), 12);
  for (const each of [trial, sample]) each.release();
});

it('refuses a share on either side, with the reason', () => {
  for (const options of [{ size: '25%' }, { size: 5, size2: '100%' }]) {
    expect(() => startTrial(reservoir(options), shape)).toThrow('cannot stay uniform');
  }
});
