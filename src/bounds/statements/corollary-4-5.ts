import { amount } from '../amount.js';
import { enoughDimensions, indexLowerBound, losslessBits, separatingNorm } from '../index-bound.js';
import { tensorCachePaper, type Bound } from '../statement.js';

/** The approximate version of Theorem 4.2, with the same restriction to n² free triples. */
export const corollary45: Bound = (input) => {
  const { n, d, eta, epsKey } = input;
  return {
    name: 'Corollary 4.5',
    paper: tensorCachePaper('4.5, B.4'),
    about: 'least memory of a (1 ± η)-approximation with two caches',
    claimed: amount('Ω(n²·d)', n * n * d, 'bits'),
    corrected: amount('IDX(p − β)·n·d', indexLowerBound(n, input), 'bits'),
    beside: [
      {
        what: 'a stream of n² free triples (q, k̃, ṽ)',
        ...amount('IDX(p − β)·n²·d', indexLowerBound(n * n, input), 'bits'),
      },
      {
        what: 'the lossless four caches, enough for K1 ⊘ K2',
        ...amount('4·n·d·w', losslessBits(input), 'bits'),
      },
      {
        what: 'query norm that the reduction needs',
        ...amount('(ln(n² − 1) + ln((1 + η)/(1 − η)))/(1 − ε)', separatingNorm(n * n, eta, epsKey), '1'),
      },
    ],
    conditions: [
      { text: 'for n²·d: the n² triples are arbitrary, which K1 ⊘ K2 and V1 ⊘ V2 are not', holds: false },
      enoughDimensions(n * n, 'n²', input),
    ],
    wrong:
      'It inherits the flaw of Theorem 4.2: the bound is for n² free triples, not for rows k1_a * k2_b. Its formal version B.4 even states n·d where 4.5 states n²·d.',
  };
};
