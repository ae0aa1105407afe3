import { describe, expect, it } from 'vitest';
import { randomStream } from '../../src/core/random.js';
import { blockLsh } from './block-lsh.js';
import { fourCache } from './four-cache.js';
import { lsh } from './lsh.js';
import { startTrial } from './testing/harness.js';
import { relativeError } from './testing/law.js';
import { referenceAttention } from './testing/reference.js';
import type { Stream, Token } from './testing/streams.js';

const D = 8;

/** Keys in clusters on orthogonal axes: side 1 of ±1, so that q * k1 points along the axis of its own cluster of side 2. */
function clustered(n: number, size: number): Stream {
  const random = randomStream(1, 'clusters');
  const noise = () => 0.01 * random.gaussian();
  const tokens: Token[] = Array.from({ length: n }, (_, i) => {
    const axis = (i * 5) % D;
    const at = (scale: number) =>
      Float64Array.from({ length: D }, (_, t) => (t === axis ? scale : 0) + noise());
    const value = () => Float64Array.from({ length: D }, () => random.gaussian());
    return { q: new Float64Array(D).fill(size), k1: at(3), k2: at(3), v1: value(), v2: value() };
  });
  return { d: D, order: 'tensor', scale: 1, dtype: 'f64', tokens };
}

const errorOf = async (factory: Parameters<typeof startTrial>[0], stream: Stream) => {
  const trial = startTrial(factory, stream);
  for (const token of stream.tokens) trial.append(token);
  const answer = await trial.ask(stream.tokens.at(-1)!.q);
  trial.release();
  const exact = referenceAttention(stream, stream.tokens.length);
  return { error: relativeError(answer.output, exact.output), answer, exact };
};

describe('lsh', () => {
  it('finds the keys that point where the query points: an eighth of the pairs, nearly all of the softmax', async () => {
    const stream = clustered(96, 1.5); // inside a cluster 13.5, outside about 0
    const { error, answer } = await errorOf(
      lsh({ directions: 12, near: 24, samples: 4, norms: false }),
      stream,
    );
    expect(answer.pairs).toBe(96 * 28);
    expect(error).toBeLessThan(1e-3);
    expect((await errorOf(lsh({ directions: 1, near: 24, samples: 4 }), stream)).error).toBeGreaterThan(0.1);
  });

  it('estimates Z and N without bias where the window holds only part (one seed in many: mean within 4 errors)', async () => {
    const stream = clustered(40, 0.1);
    const lses: number[] = [];
    for (let seed = 0; seed < 300; seed++) {
      const trial = startTrial(lsh({ directions: 3, near: 5, samples: 3 }), stream, seed);
      for (const token of stream.tokens) trial.append(token);
      lses.push(Math.exp((await trial.ask(stream.tokens[39].q)).lse));
      trial.release();
    }
    const mean = lses.reduce((a, b) => a + b, 0) / lses.length;
    const deviation = Math.sqrt(lses.reduce((sum, x) => sum + (x - mean) ** 2, 0) / lses.length);
    const z = Math.exp(referenceAttention(stream, 40).logZ);
    expect(deviation).toBeGreaterThan(0);
    expect(Math.abs(mean - z)).toBeLessThan((4 * deviation) / Math.sqrt(lses.length));
  });

  it('sees long keys first when norms count: a query is near the key with the largest inner product', async () => {
    // 40 short keys in the direction of the query, and one long one 60 degrees away with a larger inner product
    const token = (angle: number, length: number, value: number): Token => ({
      q: Float64Array.of(4, 0),
      k1: Float64Array.of(1, 1),
      k2: Float64Array.of(length * Math.cos(angle), length * Math.sin(angle)),
      v1: Float64Array.of(1, 1),
      v2: Float64Array.of(value, value),
    });
    const short = Array.from({ length: 40 }, () => token(0, 0.2, 0));
    const stream: Stream = {
      ...{ d: 2, order: 'tensor', scale: 1, dtype: 'f64' },
      tokens: [...short.slice(0, 20), token(Math.PI / 3, 4, 1), ...short.slice(20)],
    };
    const found = async (norms: boolean) => {
      let hits = 0;
      for (let seed = 0; seed < 40; seed++) {
        const trial = startTrial(lsh({ directions: 4, near: 1, samples: 1, norms }), stream, seed);
        for (const each of stream.tokens) trial.append(each);
        if ((await trial.ask(stream.tokens[0].q)).output[0] > 0.5) hits++;
        trial.release();
      }
      return hits;
    };
    expect(await found(true)).toBeGreaterThan((await found(false)) + 4);
  });

  it.each([{ directions: 0 }, { directions: 17 }, { near: 0 }, { samples: 0 }])('refuses %o', (options) => {
    expect(() => lsh(options)).toThrow(expect.objectContaining({ code: 'bad-option' }) as Error);
  });
});

describe('block-lsh', () => {
  it('scores one block of keys per block of rows, and with `drop` multiplies the answer by alpha', async () => {
    const stream = clustered(96, 1.5);
    const plain = await errorOf(blockLsh({ directions: 12, block: 12 }), stream);
    expect(plain.answer.pairs).toBe(8 * 12 * 12);
    expect(plain.error).toBeLessThan(0.3); // clusters of 12 on both sides, in nearly the same order
    const half = await errorOf(blockLsh({ directions: 12, block: 12, alpha: 0.5 }), stream);
    half.answer.output.forEach((x, j) => expect(x).toBeCloseTo(plain.answer.output[j] / 2, 12));
  });

  it('with `scale` shrinks the answer of the blocks by the share of the softmax they hold', async () => {
    const stream = clustered(64, 0.2);
    const dropped = (await errorOf(blockLsh({ directions: 4, block: 16 }), stream)).answer;
    const { answer, exact } = await errorOf(
      blockLsh({ directions: 4, block: 16, rest: 'scale', samples: 64 }),
      stream,
    );
    expect(answer.lse).toBeCloseTo(exact.logZ, 10); // all keys were drawn: the denominator is exact
    const share = Math.exp(dropped.lse - exact.logZ);
    expect(share).toBeLessThan(0.6);
    answer.output.forEach((x, j) => expect(x).toBeCloseTo(share * dropped.output[j], 10));
  });

  it('with `sample` of all keys is exact: those inside the block are left out', async () => {
    const { error } = await errorOf(
      blockLsh({ directions: 4, block: 10, rest: 'sample', samples: 64 }),
      clustered(64, 1),
    );
    expect(error).toBeLessThan(1e-12);
  });

  it.each([{ block: 0 }, { alpha: 0 }, { alpha: 1.1 }, { alpha: 0.5, rest: 'sample' }, { rest: 'keep' }])(
    'refuses %o',
    (options) => {
      expect(() => blockLsh(options as never)).toThrow(
        expect.objectContaining({ code: 'bad-option' }) as Error,
      );
    },
  );

  it('has no matrix order', () => {
    expect(blockLsh.spec.orders).toEqual(['tensor']);
    expect(fourCache.spec.orders).toContain('matrix');
  });
});
