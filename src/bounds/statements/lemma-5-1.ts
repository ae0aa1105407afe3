import { amount, amountOfLn, lnSum, type Amount } from '../amount.js';
import type { BoundsInput } from '../input.js';
import { losslessBits } from '../index-bound.js';
import { subgenCounts } from '../sampling.js';
import { tensorCachePaper, type Bound } from '../statement.js';

/** d·ε⁻²·(d + m·e^(2δr)·ln n), the space of Lemmas 5.1 and 5.2 as the paper writes it. */
export function claimedSubgenSpace({ n, d, eps, m, delta, r }: BoundsInput): Amount {
  const lnClusters = Math.log(m) + 2 * delta * r + Math.log(Math.log(n));
  const ln = Math.log(d) - 2 * Math.log(eps) + lnSum(Math.log(d), lnClusters);
  return amountOfLn('d·ε⁻²·(d + m·e^(2δr)·ln n)', ln, 'bits');
}

/** SubGen4Cache: each side runs its own SubGen, and a score differs by both sides' clusters. */
export const lemma51: Bound = (input) => {
  const { d, w, m, delta, r } = input;
  const { lnT, s, lnVectors } = subgenCounts(input, m, 4 * delta * r);
  return {
    name: 'Lemma 5.1',
    paper: tensorCachePaper('5.1'),
    about: 'space of SubGen4Cache, both sides (m, δ)-clusterable',
    claimed: claimedSubgenSpace(input),
    corrected: amountOfLn('2·w·d·(m·(1 + t) + 2·s)', Math.log(2 * w * d) + lnVectors, 'bits'),
    beside: [
      { what: 'vectors a side', ...amountOfLn('m·(1 + t) + 2·s', lnVectors, 'vectors') },
      { what: 'keys sampled per cluster', ...amountOfLn('t = ⌈e^(4δr)·ln n/ε²⌉', lnT, 'vectors') },
      { what: 'value slots a side', ...amount('s = ⌈d/ε²⌉', s, 'vectors') },
      { what: 'the lossless four caches', ...amount('4·n·d·w', losslessBits(input), 'bits') },
    ],
    conditions: [
      { text: 'keys of either side fall into m clusters of pairwise distance ≤ δ', holds: null },
      { text: 'keys of norm ≤ 1, queries of norm ≤ r', holds: null },
      { text: 'for every pair of clusters: the error is stated in |V1|·|V2|, not in |V1 ⊘ V2|', holds: null },
    ],
    wrong:
      'It uses the (m, δ) of one side for the products, which are only (m², 2δ)-clusterable, gives no algorithm and calls numbers bits. Two independent SubGen states realise it, with t for the product diameter 2δ and the larger norm |V1|·|V2| in the error.',
  };
};
