import type { CachePlugin } from '../../src/core/cache.js';
import { fourCacheMaterialising } from './four-cache-materialising.js';
import { fourCache } from './four-cache.js';
import { oracleTopK } from './oracle-top-k.js';
import { rank1 } from './rank1.js';
import { subgen2 } from './subgen2.js';
import { subgen4 } from './subgen4.js';
import { subgenAtoms } from './subgen-atoms.js';
import { twoCache } from './two-cache.js';
import { window } from './window.js';

/** Every cache, in the order of help texts and tables. A new one is one more line here. */
export const caches: readonly CachePlugin[] = [
  fourCache,
  fourCacheMaterialising,
  twoCache,
  subgen2,
  subgen4,
  subgenAtoms,
  window,
  oracleTopK,
  rank1,
];
