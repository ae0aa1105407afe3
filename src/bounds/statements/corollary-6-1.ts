import type { Bound } from '../statement.js';
import { lowDimension } from './low-dimension.js';

/** The bound in few dimensions for four caches, where n value rows are free. */
export const corollary61: Bound = (input) => lowDimension('Corollary 6.1', '6.1, B.5', input);
