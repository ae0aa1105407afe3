import { amount } from '../amount.js';
import { contradictionLength, enoughDimensions, indexLowerBound, losslessBits } from '../index-bound.js';
import { tensorCachePaper, type Bound } from '../statement.js';

/** The quadratic bound for two caches is one for n² free triples; tensor decoding needs 4·n·d numbers at most. */
export const theorem42: Bound = (input) => {
  const free = indexLowerBound(input.n ** 2, input);
  const length = contradictionLength(input);
  return {
    name: 'Theorem 4.2',
    paper: tensorCachePaper('4.2, B.2'),
    about: 'least memory of exact decoding with two caches',
    claimed: amount('Ω(n²·d)', input.n ** 2 * input.d, 'bits'),
    corrected: amount('IDX(p − β)·n·d', indexLowerBound(input.n, input), 'bits'),
    beside: [
      {
        what: 'a stream of n² free triples (q, k̃, ṽ)',
        ...amount('IDX(p − β)·n²·d', free, 'bits'),
      },
      {
        what: 'the lossless four caches, enough for K1 ⊘ K2',
        ...amount('4·n·d·w', losslessBits(input), 'bits'),
      },
    ],
    conditions: [
      { text: 'for n²·d: the n² triples are arbitrary, which K1 ⊘ K2 and V1 ⊘ V2 are not', holds: false },
      {
        text: `n²·d is not refuted by the four caches: n ≤ 4·w/IDX(p − β) = ${Math.floor(length)}`,
        holds: input.n <= length,
      },
      enoughDimensions(input.n ** 2, 'n²', input),
    ],
    wrong:
      'The proof streams n² unconstrained key and value rows, while decoding has rows k1_a * k2_b that 4·n·d numbers determine. For tensor decoding the true need lies between IDX(p)·n·d and 4·n·d·w bits, so the quadratic bound is false there as soon as it exceeds the latter.',
  };
};
