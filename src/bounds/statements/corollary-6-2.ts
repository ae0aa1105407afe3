import type { Bound } from '../statement.js';
import { lowDimension } from './low-dimension.js';

/** The bound in few dimensions for two caches, which is again one for n² free triples. */
export const corollary62: Bound = (input) => {
  const statement = lowDimension('Corollary 6.2', '6.2, B.6', [input.n ** 2, 'n²'], input);
  const free = { text: 'n² in the minimum: the triples are arbitrary; for K1 ⊘ K2 it is n', holds: false };
  return { ...statement, conditions: [...statement.conditions, free] };
};
