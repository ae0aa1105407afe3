import { allowances, type SideBudgets } from '../keeping/side-budgets.js';
import type { Variance } from './law.js';
import { referenceAttention } from './reference.js';
import { strataVariance } from './strata-variance.js';
import type { Stream } from './streams.js';

/**
 * Variances of the two estimators of a reservoir per side after n tokens, from all keys and values: every side is one
 * stratum of n tokens, of which m are drawn without replacement. N̂ is the same sum as Ẑ, with e^s·v1[j]·v2[j] in the
 * place of e^s; E‖N̂ − N‖² adds up over j.
 */
export function reservoirVariance(stream: Stream, n: number, options: SideBudgets): Variance {
  const { d, order, tokens } = stream;
  const { scores } = referenceAttention(stream, n);
  const columns = order === 'tensor' ? n : 1; // in matrix order side 2 is one atom, k2 = v2 = 1
  const [m1, m2 = 1] = allowances(options, { metadata: 0 }, { d, order, bytesPerNumber: 8 }).map((m) => m(n));
  const range = (length: number) => Array.from({ length }, (_, i) => i);
  const variance = (x: (a: number, b: number) => number) =>
    strataVariance(
      range(n).map((a) => range(columns).map((b) => x(a, b))),
      [[range(n)], [range(columns)]],
      [m1, m2],
    );
  const weight = (a: number, b: number) => Math.exp(scores[a * columns + b]);
  const value = (a: number, b: number, j: number) => tokens[a].v1[j] * (tokens[b].v2?.[j] ?? 1);
  return {
    numerator: range(d).reduce((sum, j) => sum + variance((a, b) => weight(a, b) * value(a, b, j)), 0),
    denominator: variance(weight),
  };
}
