import { lnSum } from './amount.js';

/** Sizes of a SubGen state. */
export interface SubgenCounts {
  /** Keys sampled per cluster, t = ⌈ct·e^(exponent)·ln n/ε²⌉. */
  readonly lnT: number;
  /** Value slots, s = ⌈cs·d/ε²⌉. */
  readonly s: number;
  /** ln of m·(1 + t) + 2·s vectors. */
  readonly lnVectors: number;
}

/**
 * SGv = m·(1 + t) + 2·s vectors: a representative and t sampled keys for each of `m` clusters, and s pairs of key
 * and value. `exponent` is twice the largest difference of scores in a cluster, 2·δ·r for diameter δ and |q| ≤ r.
 * `constant` stands for the constants that the papers do not give. Logarithms, because e^(2δr) overflows.
 */
export function subgenCounts(
  { n, d, eps, constant }: Readonly<Record<'n' | 'd' | 'eps' | 'constant', number>>,
  m: number,
  exponent: number,
): SubgenCounts {
  const s = Math.ceil((constant * d) / eps ** 2);
  const lnExact = Math.log(constant) + exponent + Math.log(Math.log(n)) - 2 * Math.log(eps);
  const lnT = lnCeil(lnExact);
  return { lnT, s, lnVectors: lnSum(Math.log(m) + lnSum(0, lnT), Math.log(2 * s)) };
}

/** Sizes of uniform samples that take the whole side as one cluster. */
export interface OneClusterCounts {
  /** Keys sampled per side, t = ⌈3·sinh²(r)/(ε²·η)⌉. */
  readonly lnT: number;
  /** Value slots per side, s = ⌈3·d/(ε²·η)⌉. */
  readonly s: number;
  /** ln of 2·(1 + t + 2·s) vectors. */
  readonly lnVectors: number;
}

/**
 * What plain uniform sampling needs for SubGen's guarantee with failure `fail` (η): unit keys and |q| ≤ r put every
 * score in [−r, r], so one cluster is a valid clustering (math.md 2.4). There is no e^d in it.
 */
export function oneClusterCounts({
  d,
  eps,
  r,
  fail,
}: Readonly<Record<'d' | 'eps' | 'r' | 'fail', number>>): OneClusterCounts {
  const per = 3 / (eps ** 2 * fail);
  const lnT = lnCeil(Math.log(per) + 2 * lnSinh(r));
  const s = Math.ceil(per * d);
  return { lnT, s, lnVectors: Math.log(2) + lnSum(lnSum(0, lnT), Math.log(2 * s)) };
}

/** ln ⌈e^x⌉; far out, where every float64 is whole, x itself. */
function lnCeil(x: number): number {
  return x > 30 ? x : Math.log(Math.ceil(Math.exp(x)));
}

function lnSinh(x: number): number {
  return x > 30 ? x - Math.LN2 : Math.log(Math.sinh(x));
}
