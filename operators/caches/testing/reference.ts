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
 * Attention of the query of token n-1 over the first n tokens, or those `kept` of them, straight from the definition (math.md 1.1, row
 * order of Definition 3.6): build every product, score, softmax, average. Plain loops in float64, independent of
 * the kernels on purpose. Matrix order has one pair per token, k2 = v2 = 1.
 */
export function referenceAttention({ d, scale, tokens }: Stream, n: number, kept?: Kept): Reference {
  const { q } = tokens[n - 1];
  const all = Array.from({ length: n }, (_, position) => position);
  const { side1, side2 } = kept ?? { side1: all, side2: all };
  const [one, two] = [side1.map((i) => tokens[i]), side2.map((i) => tokens[i])];
  const [keys, values] = [pairs(one, two, 'k1', 'k2'), pairs(one, two, 'v1', 'v2')];
  const scores = Float64Array.from(keys, (key) => {
    let score = 0;
    for (let t = 0; t < d; t++) score += q[t] * key[t];
    return scale * score;
  });
  const max = scores.reduce((a, b) => Math.max(a, b), -Infinity);
  const weights = scores.map((score) => Math.exp(score - max));
  const sum = weights.reduce((a, b) => a + b, 0);
  const output = new Float64Array(d);
  values.forEach((value, row) => {
    for (let j = 0; j < d; j++) output[j] += (weights[row] / sum) * value[j];
  });
  return { output, logZ: max + Math.log(sum), scores };
}

function pairs(
  one: Stream['tokens'],
  two: Stream['tokens'],
  left: 'k1' | 'v1',
  right: 'k2' | 'v2',
): Float64Array[] {
  return one.flatMap((a) =>
    a[right] === null ? [a[left]] : two.map((b) => a[left].map((x, t) => x * b[right]![t])),
  );
}
