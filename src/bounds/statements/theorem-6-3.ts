import type { Bound } from '../statement.js';
import { optimality } from './optimality.js';

/** "Optimality of SubGen4Cache". */
export const theorem63: Bound = (input) => optimality('Theorem 6.3', '6.3', input);
