import { amount, amountOfLn, type Amount } from '../amount.js';
import { indexBits } from '../entropy.js';
import type { BoundsInput } from '../input.js';
import { gapOfExponentialCode, lnPackedKeys, packedKeys } from '../packing.js';
import { tensorCachePaper, type Statement } from '../statement.js';

/** IDX(p)·d·min(rows, Npack(d, r)) bits: what queries of norm `r` can force a state to hold in few dimensions. */
export function lowDimensionBits(rows: number, { d, p, r }: Pick<BoundsInput, 'd' | 'p' | 'r'>): number {
  return indexBits(p) * d * Math.min(rows, packedKeys(d, r));
}

/** Corollary 6.1 or 6.2: what tensor decoding needs in few dimensions, where n value rows are free. */
export function lowDimension(name: string, section: string, input: BoundsInput): Statement {
  const { n, d, r } = input;
  const needed = d / gapOfExponentialCode;
  return {
    name,
    paper: tensorCachePaper(section),
    about: 'least memory in few dimensions, d = o(ln n)',
    claimed: amountOfLn('Ω(d·e^d)', Math.log(d) + d, 'bits'),
    corrected: amount('IDX(p)·d·min(n, Npack(d, r))', lowDimensionBits(n, input), 'bits'),
    beside: [
      {
        what: 'keys that a query of norm r can tell apart',
        ...packed('Npack(d, r)', d, r),
      },
      {
        what: 'the same when k2 has norm 1: the hard instance has k2 = 1_d, of norm √d',
        ...packed('Npack(d, r/√d)', d, r / Math.sqrt(d)),
      },
      { what: 'query norm at which e^d keys can be told apart', ...amount('d/0.0701', needed, '1') },
    ],
    conditions: [
      { text: `d < ln n = ${Math.log(n).toFixed(2)}`, holds: d < Math.log(n) },
      { text: `for d·e^d: r ≥ d/0.0701 = ${needed.toFixed(1)}`, holds: r >= needed },
    ],
    wrong:
      'e^d unit keys that are as nearly orthogonal as the proof wants do not exist in d dimensions; what limits the memory is how long a query may be. With a query norm of 14.3·d the bound d·e^d is right, and with unbounded queries two dimensions already force any length.',
  };
}

/** Npack, a whole number as far as float64 holds it. */
function packed(formula: string, d: number, r: number): Amount {
  const keys = packedKeys(d, r);
  return Number.isFinite(keys)
    ? amount(formula, keys, 'keys')
    : amountOfLn(formula, lnPackedKeys(d, r), 'keys');
}
