import { amount } from '../amount.js';
import { enoughDimensions, indexLowerBound, losslessBits } from '../index-bound.js';
import { tensorCachePaper, type Bound } from '../statement.js';

/** Memory that exact four-cache decoding needs: IDX(p − β)·n·d bits, by the reduction from Index. */
export const theorem41: Bound = (input) => ({
  name: 'Theorem 4.1',
  paper: tensorCachePaper('4.1, B.1'),
  about: 'least memory of exact decoding with four caches',
  claimed: amount('Ω(n·d)', input.n * input.d, 'bits'),
  corrected: amount('IDX(p − β)·n·d', indexLowerBound(input.n, input), 'bits'),
  beside: [{ what: 'the lossless four caches', ...amount('4·n·d·w', losslessBits(input), 'bits') }],
  conditions: [enoughDimensions(input.n, 'n', input)],
  wrong:
    'The bound holds, but its proof drops the 2n+1 pairs of score 0 from the denominator (and the probability is .99 in one place, 9/10 in the other). The dropped pairs move the threshold that decodes a bit to (1 − w₀)/2 and leave the condition as it is; the constant is IDX(p).',
});
