import { amount } from '../amount.js';
import { enoughDimensions, indexLowerBound, separatingNorm } from '../index-bound.js';
import { tensorCachePaper, type Bound } from '../statement.js';

/** A (1 ± η)-approximation with four caches needs as much memory as an exact answer, if queries may be long enough. */
export const corollary44: Bound = (input) => {
  const { n, d, eta, epsKey } = input;
  return {
    name: 'Corollary 4.4',
    paper: tensorCachePaper('4.4, B.3'),
    about: 'least memory of a (1 ± η)-approximation with four caches',
    claimed: amount('Ω(n·d)', n * d, 'bits'),
    corrected: amount('IDX(p − β)·n·d', indexLowerBound(n, input), 'bits'),
    beside: [
      {
        what: 'query norm that the reduction needs',
        ...amount('(ln(n − 1) + ln((1 + η)/(1 − η)))/(1 − ε)', separatingNorm(n, eta, epsKey), '1'),
      },
    ],
    conditions: [
      enoughDimensions(n, 'n', input),
      { text: 'queries may be that long (r plays no part: the paper bounds no norm here)', holds: null },
    ],
    wrong:
      'The bound holds (with probability .99 in 4.4 and 9/10 in B.3), but the query norm 2·ln n of the proof is not enough when η is near 1. It must exceed the value beside, which grows with ln((1 + η)/(1 − η)).',
  };
};
