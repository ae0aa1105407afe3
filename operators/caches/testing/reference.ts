import type { Stream } from './streams.js';

/** Exact attention after some token of a stream. */
export interface Reference {
  /** (d) */
  readonly output: Float64Array;
  /** ln Z */
  readonly logZ: number;
  /** Scores of all pairs, row a·n2 + b. */
  readonly scores: Float64Array;
}

/** Positions of the tokens to attend to, per side. */
export interface Kept {
  readonly side1: readonly number[];
  readonly side2: readonly number[];
}

/**
 * Attention of the query of token n-1 over the first n tokens, or those `kept` of them, straight from the definition
 * (math.md 1.1, pairs in the order of Definition 3.6): score every pair, softmax, average. Plain loops in float64,
 * independent of the kernels on purpose. Matrix order has one pair per token, k2 = v2 = 1.
 */
export function referenceAttention(stream: Stream, n: number, kept?: Kept): Reference {
  if (kept !== undefined) return attendTo(stream, n, kept);
  const of = whole.get(stream) ?? [];
  whole.set(stream, of);
  return (of[n] ??= attendTo(stream, n, null));
}

function attendTo({ d, scale, order, tokens }: Stream, n: number, kept: Kept | null): Reference {
  const { q } = tokens[n - 1];
  const all = Array.from({ length: n }, (_, position) => position);
  const { side1, side2 } = kept ?? { side1: all, side2: all };
  const one = side1.map((i) => tokens[i]);
  const two = order === 'tensor' ? side2.map((i) => tokens[i]) : [ONES];
  const scores = new Float64Array(one.length * two.length);
  one.forEach(({ k1 }, a) =>
    two.forEach(({ k2 }, b) => {
      let score = 0;
      for (let t = 0; t < d; t++) score += q[t] * k1[t] * (k2 === null ? 1 : k2[t]);
      scores[a * two.length + b] = scale * score;
    }),
  );
  const max = scores.reduce((a, b) => Math.max(a, b), -Infinity);
  const weights = scores.map((score) => Math.exp(score - max));
  const sum = weights.reduce((a, b) => a + b, 0);
  const output = new Float64Array(d);
  one.forEach(({ v1 }, a) =>
    two.forEach(({ v2 }, b) => {
      const weight = weights[a * two.length + b] / sum;
      for (let j = 0; j < d; j++) output[j] += weight * v1[j] * (v2 === null ? 1 : v2[j]);
    }),
  );
  return { output, logZ: max + Math.log(sum), scores };
}

/** Over all of the first n tokens, by n: every cache is held against the same, nobody changes it. */
const whole = new WeakMap<Stream, Reference[]>();

/** What side 2 is in matrix order: one token of ones. */
const ONES = { k2: null, v2: null };
