import { indexBits } from './entropy.js';
import type { BoundsInput } from './input.js';
import { leastDimension } from './random-keys.js';
import type { Condition } from './statement.js';

/** IDX(p − β)·rows·d bits: what a state must hold that answers for `rows` free value rows of `d` bits each. */
export function indexLowerBound(rows: number, { d, p, beta }: Pick<BoundsInput, 'd' | 'p' | 'beta'>): number {
  return indexBits(p - beta) * rows * d;
}

/** 4·n·d·w bits: the four caches, a lossless state that answers every query of tensor attention. */
export function losslessBits({ n, d, w }: Pick<BoundsInput, 'n' | 'd' | 'w'>): number {
  return 4 * n * d * w;
}

/** 4·w/IDX(p): the length beyond which IDX(p)·n²·d bits are more than the lossless four caches. */
export function contradictionLength({ w, p, beta }: Pick<BoundsInput, 'w' | 'p' | 'beta'>): number {
  return (4 * w) / indexBits(p - beta);
}

/** ln(N−1) + ln((1+η)/(1−η)), over 1 − ε: the query norm above which a (1 ± η)-approximation gives a bit away. */
export function separatingNorm(rows: number, eta: number, epsKey: number): number {
  return (Math.log(rows - 1) + Math.log((1 + eta) / (1 - eta))) / (1 - epsKey);
}

/** Keys of the reduction must be nearly orthogonal, all pairs of them. */
export function enoughDimensions(rows: number, name: string, { d, epsKey }: BoundsInput): Condition {
  const least = leastDimension(rows, epsKey);
  const practice = Math.ceil(4 * Math.log(rows)); // math.md 3.3; 2·ln N loses bits below N of about 256
  const text = `d ≥ dmin(${name}) = ${least}, random unit keys within ±${epsKey} (in practice ${practice} do)`;
  return { text, holds: d >= least };
}
