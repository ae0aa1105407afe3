import { expect, it } from 'vitest';
import { rank1 } from './rank1.js';
import { startTrial } from './testing/harness.js';
import { referenceAttention } from './testing/reference.js';
import { makeStream, type Stream } from './testing/streams.js';

const streamOf = (order: Stream['order']) =>
  makeStream({
    ...{ d: 5, n: 30, seed: 4, order, dtype: 'f64', scale: 0.5, maxScore: 8 },
    ...{ zeroKeys: 0.1, zeroValues: 0.1, repeats: 0.2 },
  });

/** The same scores as a product: with q' = (q, q), k1' = (k1, 1), k2' = (1, k2), <q', k1'*k2'> = <q, k1> + <q, k2>. */
function lifted(stream: Stream): Stream {
  const join = (...parts: Float64Array[]) => Float64Array.from(parts.flatMap((part) => [...part]));
  const ones = new Float64Array(stream.d).fill(1);
  const tokens = stream.tokens.map(({ q, k1, k2, v1, v2 }) => ({
    ...{ q: join(q, q), k1: join(k1, ones), k2: join(ones, k2!) },
    ...{ v1: join(v1, v1), v2: join(v2!, v2!) },
  }));
  return { ...stream, d: 2 * stream.d, tokens };
}

it('is exact tensor attention over all pairs, with scores that add', async () => {
  const stream = streamOf('tensor');
  const trial = startTrial(rank1(), stream);
  for (const [i, token] of stream.tokens.entries()) {
    trial.append(token);
    const exact = referenceAttention(lifted(stream), i + 1);
    const { output, lse, pairs } = await trial.ask(token.q);
    output.forEach((x, j) => expect(x).toBeCloseTo(exact.output[j], 12));
    expect(lse).toBeCloseTo(exact.logZ, 12);
    expect(pairs).toBe(2 * (i + 1)); // not (i + 1)²
  }
  trial.release();
});

it('is ordinary attention in matrix order', async () => {
  const stream = streamOf('matrix');
  const trial = startTrial(rank1(), stream);
  for (const [i, token] of stream.tokens.entries()) {
    trial.append(token);
    const exact = referenceAttention(stream, i + 1);
    const { output } = await trial.ask(token.q);
    output.forEach((x, j) => expect(x).toBeCloseTo(exact.output[j], 12));
  }
  trial.release();
});
