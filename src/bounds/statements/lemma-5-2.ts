import { amount, amountOfLn, lnSum } from '../amount.js';
import { losslessBits } from '../index-bound.js';
import { subgenCounts } from '../sampling.js';
import { tensorCachePaper, type Bound } from '../statement.js';
import { claimedSubgenSpace } from './lemma-5-1.js';

/** SubGen2Cache: SubGen on the stream of products, which only the four caches can produce. */
export const lemma52: Bound = (input) => {
  const { n, d, w, m, delta, r } = input;
  const { lnT, s, lnVectors } = subgenCounts({ ...input, n: n * n }, m, 2 * delta * r);
  const lossless = losslessBits(input);
  return {
    name: 'Lemma 5.2',
    paper: tensorCachePaper('5.2'),
    about: 'space of SubGen2Cache, products (m, δ)-clusterable',
    claimed: claimedSubgenSpace(input),
    corrected: amountOfLn(
      'w·d·(m·(1 + t) + 2·s) + 4·n·d·w',
      lnSum(Math.log(w * d) + lnVectors, Math.log(lossless)),
      'bits',
    ),
    beside: [
      { what: 'samples', ...amountOfLn('m·(1 + t) + 2·s', lnVectors, 'vectors') },
      { what: 'keys sampled per cluster', ...amountOfLn('t = ⌈e^(2δr)·ln n²/ε²⌉', lnT, 'vectors') },
      { what: 'value slots', ...amount('s = ⌈d/ε²⌉', s, 'vectors') },
      { what: 'the four caches that the products come from', ...amount('4·n·d·w', lossless, 'bits') },
    ],
    conditions: [
      { text: 'the products themselves fall into m clusters of pairwise distance ≤ δ', holds: null },
      { text: 'keys of norm ≤ 1, all n² queries of norm ≤ r (the paper bounds n of them)', holds: null },
    ],
    wrong:
      'A step brings 2i − 1 new products, and to form them every old k1, k2, v1, v2 is needed: the state is not sublinear in n. The space it counts is that of the samples alone, in numbers that it calls bits.',
  };
};
