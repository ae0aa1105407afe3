import { amount } from '../amount.js';
import type { Bound } from '../statement.js';
import { lowDimension, lowDimensionBits } from './low-dimension.js';

/** The bound in few dimensions for two caches: n² rows are free for a stream of triples only, as in Theorem 4.2. */
export const corollary62: Bound = (input) => {
  const statement = lowDimension('Corollary 6.2', '6.2, B.6', input);
  const triples = {
    what: 'a stream of n² free triples (q, k̃, ṽ)',
    ...amount('IDX(p)·d·min(n², Npack(d, r))', lowDimensionBits(input.n ** 2, input), 'bits'),
  };
  const free = {
    text: 'for n² in the minimum: the triples are arbitrary, which K1 ⊘ K2 and V1 ⊘ V2 are not',
    holds: false,
  };
  return {
    ...statement,
    beside: [triples, ...statement.beside],
    conditions: [...statement.conditions, free],
  };
};
