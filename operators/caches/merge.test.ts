import { describe, expect, it } from 'vitest';
import type { Failure } from '../../src/core/failure.js';
import { caches } from './index.js';
import { referenceAttention } from './testing/reference.js';
import { startTrial } from './testing/harness.js';
import { makeStream, type Stream } from './testing/streams.js';

const merge = caches.find(({ spec }) => spec.name === 'merge')!;
const shapeOf = (order: Stream['order']) => ({
  ...({ d: 4, n: 40, seed: 9, order, dtype: 'f64', scale: 1, maxScore: 4 } as const),
  ...{ zeroKeys: 0, zeroValues: 0, repeats: 0 },
});

async function mustBeExact(stream: Stream, options: Record<string, unknown>): Promise<void> {
  const trial = startTrial(merge(options), stream);
  for (const [i, token] of stream.tokens.entries()) {
    await trial.take(token);
    const [answer, exact] = [await trial.ask(token.q), referenceAttention(stream, i + 1)];
    answer.output.forEach((x, j) => expect(x, `step ${i}`).toBeCloseTo(exact.output[j], 10));
    expect(answer.lse, `step ${i}`).toBeCloseTo(exact.logZ, 10);
  }
  expect(trial.cache.census().evicted1).toBeGreaterThan(0);
  trial.release();
}

describe.each(['tensor', 'matrix'] as const)('in %s order', (order) => {
  it.each(['window', 'sinks', 'key-norm', 'key-diff', 'random', 'heavy-hitter', 'tova'])(
    'loses nothing around %s where all scores are equal',
    async (base) => {
      const stream = makeStream(shapeOf(order));
      const tokens = stream.tokens.map((token) => ({ ...token, q: new Float64Array(4) }));
      for (const keys of [true, false]) await mustBeExact({ ...stream, tokens }, { base, size: 6, keys });
    },
  );

  it('loses nothing where each key that leaves is kept once more', async () => {
    const stream = makeStream(shapeOf(order));
    const tokens = stream.tokens.map((token, i) => {
      const { k1, k2 } = stream.tokens[i % 5];
      return { ...token, k1, k2 };
    });
    await mustBeExact({ ...stream, tokens }, { base: 'window', size: 6 });
  });
});

it('merges into the nearest key, by hand', async () => {
  for (const [keys, score] of [
    [true, 1.5],
    [false, 2],
  ] as const) {
    const trial = startTrial(merge({ base: 'window', size: 2, keys }), {
      d: 1,
      order: 'matrix',
      scale: 1,
      dtype: 'f64',
    });
    const row = (x: number) => Float64Array.of(x);
    for (const [k, v] of [
      [1, 10],
      [2, 40],
      [7, 100], // token 0 leaves, into token 1: two tokens at 1.5 (or still at 2), value 25
    ]) {
      trial.append({ q: row(0), k1: row(k), k2: null, v1: row(v), v2: null });
    }
    const { output, lse } = await trial.ask(row(1));
    const [merged, newest] = [2 * Math.exp(score), Math.exp(7)];
    expect(output[0]).toBeCloseTo((25 * merged + 100 * newest) / (merged + newest), 10);
    expect(lse).toBeCloseTo(Math.log(merged + newest), 12);
    trial.release();
  }
});

it('keeps to a budget in bytes with its weights, and takes on what its base says of itself', () => {
  const factory = merge({ base: 'heavy-hitter', size: '1KiB' });
  expect(factory.spec).toMatchObject({ name: 'merge', queryAware: true, selects: false });
  expect(factory.options).toEqual({ base: 'heavy-hitter', keys: true, size: '1KiB', recentShare: 0.5 });
  const input = { n: 1000, d: 4, order: 'matrix', bytesPerNumber: 4, census: null } as const;
  const { residentBytes, metadataBytes } = factory.formula(input);
  expect(residentBytes + metadataBytes).toBe(23 * (2 * 4 + 3) * 4); // floor(1024 / 44) atoms
});

it.each([
  ['four-cache', 'drops nothing'],
  ['pages', 'drops nothing'],
  ['subgen4', 'its weights would be wrong'],
  ['reservoir', 'its weights would be wrong'],
  ['polynomial', 'not tokens'],
  ['merge', 'itself'],
])('refuses to wrap %s, and says why', (base, why) => {
  expect(() => merge({ base })).toThrow(expect.objectContaining({ code: 'bad-option' }) as Error);
  expect(() => merge({ base })).toThrow(why);
});

it('leaves the check of other options to its base', () => {
  expect(() => merge({ base: 'tova', sinks: 4 })).toThrow('merge: cache tova: unknown option "sinks"');
  expect(() => merge({ base: 'sinks', sinks: -1 })).toThrow('merge: cache sinks: sinks = -1');
  const shape = { d: 4, order: 'tensor', scale: 1, dtype: 'f64' } as const;
  expect(() => startTrial(merge({ base: 'sinks', size: 2 }), shape)).toThrow('merge: cache sinks: size = 2');
});

it('offers only what it can wrap for a base that does not exist', () => {
  const refusal = (base: string) => {
    try {
      merge({ base });
    } catch (error) {
      return error as Failure;
    }
    throw new Error('not refused');
  };
  expect(refusal('windw').hint).toContain('did you mean "window"');
  expect(refusal('nope')).toMatchObject({
    code: 'unknown-name',
    what: 'cache merge: base = nope: there is no such cache',
  });
  const offered = refusal('nope').hint!.replace('known names: ', '').split(', ');
  expect(offered).toContain('tova');
  for (const base of offered) expect(() => merge({ base })).not.toThrow();
});
