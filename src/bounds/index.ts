import type { Bound } from './statement.js';
import { corollary44 } from './statements/corollary-4-4.js';
import { corollary45 } from './statements/corollary-4-5.js';
import { corollary61 } from './statements/corollary-6-1.js';
import { corollary62 } from './statements/corollary-6-2.js';
import { lemma51 } from './statements/lemma-5-1.js';
import { lemma52 } from './statements/lemma-5-2.js';
import { lemma53 } from './statements/lemma-5-3.js';
import { lemma54 } from './statements/lemma-5-4.js';
import { polynomialBreakEven } from './statements/polynomial.js';
import { productClusters } from './statements/product-clusters.js';
import { theorem41 } from './statements/theorem-4-1.js';
import { theorem42 } from './statements/theorem-4-2.js';
import { theorem43 } from './statements/theorem-4-3.js';
import { theorem63 } from './statements/theorem-6-3.js';
import { theorem64 } from './statements/theorem-6-4.js';

export { boundsInput, type BoundsInput } from './input.js';
export type { Bound, Statement } from './statement.js';

/** Every statement, in the order of the paper. */
export const bounds: readonly Bound[] = [
  ...[theorem41, theorem42, theorem43, corollary44, corollary45],
  ...[lemma51, lemma52, lemma53, lemma54, productClusters],
  ...[corollary61, corollary62, theorem63, theorem64, polynomialBreakEven],
];
