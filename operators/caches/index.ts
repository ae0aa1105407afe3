import type { CachePlugin } from '../../src/core/cache.js';
import { blockLsh } from './block-lsh.js';
import { fourCacheMaterialising } from './four-cache-materialising.js';
import { fourCache } from './four-cache.js';
import { keyDiff } from './key-diff.js';
import { keyNorm } from './key-norm.js';
import { heavyHitter } from './heavy-hitter.js';
import { lsh } from './lsh.js';
import { merge } from './merge.js';
import { observationWindow } from './observation-window.js';
import { oracleTopK } from './oracle-top-k.js';
import { polynomial } from './polynomial.js';
import { pages } from './pages.js';
import { random } from './random.js';
import { quantised } from './quantised.js';
import { rank1 } from './rank1.js';
import { reservoir } from './reservoir.js';
import { sinks } from './sinks.js';
import { skip } from './skip.js';
import { subgenAtoms } from './subgen-atoms.js';
import { subgen2 } from './subgen2.js';
import { subgen4 } from './subgen4.js';
import { threshold } from './threshold.js';
import { tova } from './tova.js';
import { twoCache } from './two-cache.js';
import { window } from './window.js';

// In the order of help texts and tables. A new one is one more line here.
const plain: readonly CachePlugin[] = [
  fourCache,
  fourCacheMaterialising,
  twoCache,
  skip,
  polynomial,
  subgen2,
  subgen4,
  subgenAtoms,
  reservoir,
  lsh,
  window,
  sinks,
  keyNorm,
  keyDiff,
  threshold,
  random,
  heavyHitter,
  tova,
  observationWindow,
  pages,
  quantised,
  blockLsh,
  oracleTopK,
  rank1,
];

/** Every cache, and the wrapper that can go around those that evict. */
export const caches: readonly CachePlugin[] = [...plain, merge(plain)];
