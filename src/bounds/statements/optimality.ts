import { amount, amountOfLn, lnSum } from '../amount.js';
import type { BoundsInput } from '../input.js';
import { losslessBits } from '../index-bound.js';
import { oneClusterCounts } from '../sampling.js';
import { tensorCachePaper, type Statement } from '../statement.js';

/** Theorem 6.3 or 6.4: the paper's space, and the uniform samples that do with less. */
export function optimality(name: string, section: string, input: BoundsInput): Statement {
  const { n, d, w, eps, r } = input;
  const { lnT, s, lnVectors } = oneClusterCounts(input);
  const lnInner = lnSum(Math.log(d), d + (2 * r * Math.E) / 3 + Math.log(Math.log(n)));
  return {
    name,
    paper: tensorCachePaper(section),
    about: 'space of SubGen in few dimensions, said to be optimal',
    claimed: amountOfLn(
      'd·ε⁻²·(d + e^d·(ln n)^(2ce/3)·ln n), r = c·ln ln n',
      Math.log(d) - 2 * Math.log(eps) + lnInner,
      'bits',
    ),
    corrected: amountOfLn('w·d·2·(1 + t + 2·s)', Math.log(w * d) + lnVectors, 'bits'),
    beside: [
      { what: 'uniform samples, both sides', ...amountOfLn('2·(1 + t + 2·s)', lnVectors, 'vectors') },
      { what: 'keys sampled a side', ...amountOfLn('t = ⌈3·sinh²(r)/(ε²·η)⌉', lnT, 'vectors') },
      { what: 'value slots a side', ...amount('s = ⌈3·d/(ε²·η)⌉', s, 'vectors') },
      { what: 'the lossless four caches', ...amount('4·n·d·w', losslessBits(input), 'bits') },
    ],
    conditions: [
      { text: `d = o(ln n); ln n = ${Math.log(n).toFixed(2)}`, holds: d < Math.log(n) },
      { text: `r = c·ln ln n; here c = ${(r / Math.log(Math.log(n))).toFixed(2)}`, holds: null },
      { text: '|k1|, |k2| ≤ 1', holds: null },
    ],
    wrong:
      'Upper and lower bound do not meet: the lower one needs queries of norm Ω(d), the upper one assumes norm O(ln ln n), and its hard instance has k2 of norm √d. With norm O(ln ln n) all scores lie in [−r, r], so one cluster suffices and plain uniform samples do it without e^d.',
  };
}
