import type { Bound } from '../statement.js';
import { optimality } from './optimality.js';

/** "Optimality of SubGen2Cache"; the samples of the two sides answer the same queries, so its correction is that of 6.3. */
export const theorem64: Bound = (input) => optimality('Theorem 6.4', '6.4', input);
