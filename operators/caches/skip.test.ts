import { describe, expect, it } from 'vitest';
import { randomStream } from '../../src/core/random.js';
import { skip } from './skip.js';
import { startTrial, type Trial } from './testing/harness.js';
import { referenceAttention } from './testing/reference.js';
import type { Stream, Token } from './testing/streams.js';

/** Keys in `clusters` groups (0: plain Gaussian ones) and queries of growing size, so that some are flat, some peaked. */
function streamOf(seed: number, n: number, d: number, clusters: number, order: Stream['order']): Stream {
  const random = randomStream(seed, 'skip stream');
  const gaussian = (size = 1) =>
    Float64Array.from({ length: d }, () => Math.fround(size * random.gaussian()));
  const centres = Array.from({ length: Math.max(1, clusters) }, () => gaussian());
  const key = (i: number) => {
    if (clusters === 0) return gaussian();
    const centre = centres[Math.floor((i * clusters) / n)]; // clusters are consecutive, as blocks are
    return gaussian(0.1).map((x, t) => Math.fround(x + centre[t]));
  };
  const tokens: Token[] = Array.from({ length: n }, (_, i) => ({
    ...{ q: gaussian((8 * i) / n), k1: key(i), v1: gaussian() },
    ...(order === 'tensor' ? { k2: key(i), v2: gaussian() } : { k2: null, v2: null }),
  }));
  return { d, order, scale: 1, dtype: 'f64', tokens };
}

/** Error and certificate of the answer to the newest query. */
async function judge(trial: Trial, stream: Stream, n: number) {
  const answer = await trial.ask(stream.tokens[n - 1].q);
  const exact = referenceAttention(stream, n);
  return {
    answer,
    error: Math.hypot(...answer.output.map((x, j) => x - exact.output[j])),
    certificate: trial.cache.certify!(answer),
    norm: Math.hypot(...exact.output),
    pairs: exact.scores.length,
  };
}

describe('skip', () => {
  it.each([
    ['tensor', 4, 260],
    ['tensor', 0, 200],
    ['matrix', 4, 600],
  ] as const)(
    '%s, %d clusters: the certificate holds, and something is skipped',
    async (order, clusters, n) => {
      const stream = streamOf(7, n, 6, clusters, order);
      const trial = startTrial(skip({ eta: 0.1 }), stream);
      let skipped = 0;
      for (const [i, token] of stream.tokens.entries()) {
        trial.append(token);
        if (i % 9 !== 0) continue;
        const { answer, error, certificate, norm, pairs } = await judge(trial, stream, i + 1);
        expect(error).toBeLessThanOrEqual(certificate + 1e-12 * norm);
        expect(answer.rest).toBeLessThanOrEqual(0.1);
        if (answer.pairs < pairs) skipped++;
        if (answer.pairs === pairs) expect([answer.rest, certificate]).toEqual([0, 0]);
      }
      expect(skipped).toBeGreaterThan(clusters === 0 ? 0 : 10);
      trial.release();
    },
  );

  it('with eta = 0 scores every pair, keeps no boxes and is exact', async () => {
    const stream = streamOf(3, 130, 5, 4, 'tensor');
    const trial = startTrial(skip({ eta: 0 }), stream);
    for (const token of stream.tokens) trial.append(token);
    const { answer, error, certificate, norm } = await judge(trial, stream, 130);
    expect([answer.pairs, answer.rest, certificate, trial.bytes().metadata]).toEqual([130 * 130, 0, 0, 0]);
    expect(error).toBeLessThan(1e-13 * norm);
    trial.release();
  });

  it('makes its boxes again when it is restored: one more block continues bit for bit', async () => {
    const stream = streamOf(5, 200, 6, 3, 'tensor');
    const [trial, other] = [startTrial(skip(), stream), startTrial(skip(), stream, 2)];
    for (const token of stream.tokens.slice(0, 150)) trial.append(token);
    for (const token of stream.tokens.slice(0, 90)) other.append(token);
    other.cache.restore(trial.cache.snapshot());
    for (const token of stream.tokens.slice(150)) for (const each of [trial, other]) each.append(token);
    const { q } = stream.tokens[199];
    const [mine, theirs] = [await trial.ask(q), await other.ask(q)];
    expect(theirs.output).toEqual(mine.output);
    expect([theirs.pairs, theirs.rest]).toEqual([mine.pairs, mine.rest]);
    expect(mine.pairs).toBeLessThan(200 * 200);
    for (const each of [trial, other]) each.release();
  });

  it('holds boxes of 2·d numbers a side for each 64 tokens', () => {
    const stream = streamOf(1, 129, 6, 2, 'tensor');
    const trial = startTrial(skip(), stream);
    for (const token of stream.tokens) trial.append(token);
    expect(trial.bytes().metadata).toBe(3 * 2 * 2 * 6 * 8);
    trial.release();
  });

  it.each([{ eta: -0.1 }, { eta: 1.1 }, { eta: NaN }])('refuses %o', (options) => {
    expect(() => skip(options)).toThrow(expect.objectContaining({ code: 'bad-option' }) as Error);
  });
});
