import { expect, it } from 'vitest';
import { sinks } from './sinks.js';
import { startTrial } from './testing/harness.js';

const shape = { d: 1, order: 'tensor', scale: 1, dtype: 'f64' } as const;
const row = (x: number) => Float64Array.of(x);
const token = (i: number) => ({ q: row(0), k1: row(9), k2: row(9), v1: row(i), v2: row(10 ** i) });

/** Positions kept on both sides after n tokens, in order. */
function keptAfter(n: number, options: Parameters<typeof sinks>[0]) {
  const trial = startTrial(sinks(options), shape);
  for (let i = 0; i < n; i++) trial.append(token(i));
  const { side1, side2 } = trial.cache.positions!();
  trial.release();
  return [side1, side2].map((side) => [...side].sort((a, b) => a - b));
}

it('keeps the first tokens and the last of the rest, each side by its budget', () => {
  expect(keptAfter(10, { size: 5, size2: 4, sinks: 3 })).toEqual([
    [0, 1, 2, 8, 9],
    [0, 1, 2, 9],
  ]);
  expect(keptAfter(4, { size: 5, sinks: 3 })).toEqual([
    [0, 1, 2, 3],
    [0, 1, 2, 3],
  ]);
});

it('is a window without sinks', () => {
  expect(keptAfter(10, { size: 3, sinks: 0 })).toEqual([
    [7, 8, 9],
    [7, 8, 9],
  ]);
});

it('with a share, holds the sinks and one more before the share does', () => {
  const after = [1, 2, 3, 4, 5, 11, 12, 16].map((n) => keptAfter(n, { size: '25%', sinks: 2 })[0]);
  expect(after).toEqual([
    [0],
    [0, 1],
    [0, 1, 2],
    [0, 1, 3],
    [0, 1, 4],
    [0, 1, 10],
    [0, 1, 11],
    [0, 1, 14, 15],
  ]);
});

it('answers from pairs of sinks and recent tokens, both ways', async () => {
  const trial = startTrial(sinks({ size: 2, sinks: 1 }), shape);
  for (let i = 1; i <= 6; i++) trial.append(token(i));
  const { output, pairs } = await trial.ask(row(0)); // q = 0: the plain mean over pairs
  expect(pairs).toBe(4);
  expect(output[0]).toBeCloseTo(((1 + 6) / 2) * ((10 + 1e6) / 2), 6);
  trial.release();
});

it('refuses a budget that leaves no room for a recent token', () => {
  for (const options of [{ size: 4 }, { size: 5, size2: 4 }, { size: 3, sinks: 3 }, { size: '79B' }]) {
    expect(() => startTrial(sinks(options), shape)).toThrow(
      expect.objectContaining({ code: 'bad-option' }) as Error,
    );
  }
  expect(() => sinks({ sinks: -1 })).toThrow(expect.objectContaining({ code: 'bad-option' }) as Error);
  for (const options of [{ size: 5 }, { size: '80B' }, { size: '1%' }]) {
    startTrial(sinks(options), shape).release();
  }
});
