import { referenceAttention } from './reference.js';
import type { Variance } from './law.js';
import { strataVariance } from './strata-variance.js';
import type { Stream } from './streams.js';

/** The options that decide the variance. */
export interface SubgenOptions {
  readonly delta: number;
  readonly t: number;
  readonly s: number;
}

/**
 * Variances of the two estimators of SubGen4Cache after n tokens, from all keys and values: what sampling costs
 * in theory. Straight from the formulas, by loops over all pairs; shares no code with the cache.
 */
export function subgenVariance(stream: Stream, n: number, { delta, t, s }: SubgenOptions): Variance {
  const tokens = stream.tokens.slice(0, n);
  const { scores } = referenceAttention(stream, n);
  const columns = stream.order === 'tensor' ? n : 1; // in matrix order side 2 is one atom, k2 = v2 = 1
  const weights = Array.from({ length: n }, (_, a) =>
    Array.from({ length: columns }, (_, b) => Math.exp(scores[a * columns + b])),
  );
  const v1 = tokens.map((token) => token.v1);
  const v2 = tokens.slice(0, columns).map((token) => token.v2 ?? new Float64Array(stream.d).fill(1));
  const keys1 = tokens.map(({ k1 }) => k1);
  const keys2 = tokens.slice(0, columns).map(({ k2 }) => k2 ?? new Float64Array(stream.d));
  const [strata1, strata2] = [leaderStrata(keys1, delta), leaderStrata(keys2, delta)];
  const [s1, s2] = n > s ? [s, columns > 1 ? s : Infinity] : [Infinity, Infinity];
  return {
    numerator: numeratorVariance(weights, v1, v2, s1, s2),
    denominator: strataVariance(weights, [strata1, strata2], [t, t]),
  };
}

/**
 * Var N̂ = z10/s1 + z01/s2 + z11/(s1·s2) for a grid of s1 × s2 draws with P ∝ |v|² (math.md 4.3):
 *   z10 = μ1 Σ_a |v1_a * w_a|²/|v1_a|² − |N|², w_a = Σ_b E_ab v2_b; z01 the same with sides exchanged;
 *   z10 + z01 + z11 = μ1 μ2 Σ_ab E_ab² |v1_a * v2_b|²/(|v1_a|² |v2_b|²) − |N|².
 * s = ∞ stands for a side that is not sampled.
 */
function numeratorVariance(
  weights: readonly (readonly number[])[],
  v1: readonly Float64Array[],
  v2: readonly Float64Array[],
  s1: number,
  s2: number,
): number {
  const [mu1, mu2] = [v1, v2].map((values) => values.reduce((sum, v) => sum + norm2(v), 0));
  const transposed = v2.map((_, b) => weights.map((row) => row[b]));
  const rows = v1.map((v, a) => times(v, combine(weights[a], v2))); // v1_a * w_a
  const columns = v2.map((v, b) => times(v, combine(transposed[b], v1)));
  const total = norm2(combine(Array<number>(rows.length).fill(1), rows)); // |N|²
  const z10 = mu1 * sum(rows.map((x, a) => ratio(norm2(x), norm2(v1[a])))) - total;
  const z01 = mu2 * sum(columns.map((x, b) => ratio(norm2(x), norm2(v2[b])))) - total;
  const pairs = v1.map((x, a) =>
    sum(v2.map((y, b) => weights[a][b] ** 2 * ratio(norm2(times(x, y)), norm2(x) * norm2(y)))),
  );
  const z11 = mu1 * mu2 * sum(pairs) - total - z10 - z01;
  return z10 / s1 + z01 / s2 + z11 / (s1 * s2);
}

/** Leader clustering from its definition: each key to the nearest representative within delta, or a new one. */
function leaderStrata(keys: readonly Float64Array[], delta: number): readonly (readonly number[])[] {
  const strata: number[][] = [];
  keys.forEach((key, i) => {
    const distances = strata.map(([leader]) => Math.sqrt(norm2(key.map((x, t) => x - keys[leader][t]))));
    const least = Math.min(...distances);
    if (least <= delta) strata[distances.indexOf(least)].push(i);
    else strata.push([i]);
  });
  return strata;
}

const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);
const norm2 = (v: Float64Array) => v.reduce((total, x) => total + x * x, 0);
const times = (x: Float64Array, y: Float64Array) => x.map((value, t) => value * y[t]);
const ratio = (x: number, y: number) => (y === 0 ? 0 : x / y); // a row with v = 0 adds nothing

/** Σ_i weights_i · rows_i, (d) */
function combine(weights: readonly number[], rows: readonly Float64Array[]): Float64Array {
  const total = new Float64Array(rows[0].length);
  rows.forEach((row, i) => row.forEach((x, t) => (total[t] += weights[i] * x)));
  return total;
}
