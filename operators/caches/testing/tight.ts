import type { SideBudgets } from '../keeping/side-budgets.js';
import type { CacheUnderTest } from './conformance.js';
import { pairStream } from './pair-stream.js';
import { reservoirVariance } from './reservoir-variance.js';
import { subgenVariance, type SubgenOptions } from './subgen-variance.js';

/** Budgets small enough to drop something within 60 tokens, and what theory says of it. */
export const tight: Readonly<Record<string, Omit<CacheUnderTest, 'plugin'>>> = {
  subgen2: {
    options: [
      { delta: 1.5, t: 2, s: 9 },
      { delta: 100, t: 3, s: 1 },
    ],
    variance: (stream, n, options) => {
      const pairs = pairStream(stream, n);
      const count = stream.order === 'tensor' ? n * n : n;
      return subgenVariance(pairs, count, options as unknown as SubgenOptions);
    },
  },
  subgen4: {
    options: [
      { delta: 1.5, t: 2, s: 5 },
      { delta: 100, t: 3, s: 1 },
    ],
    variance: (stream, n, options) => subgenVariance(stream, n, options as unknown as SubgenOptions),
  },
  reservoir: {
    options: [{ size: 5 }, { size: '600B', size2: 7 }, { size: 3, size2: '1KiB' }],
    variance: (stream, n, options) => reservoirVariance(stream, n, options as unknown as SideBudgets),
  },
  polynomial: {
    options: [
      { degree: 1, window: 4 },
      { degree: 2, denominatorDegree: 1, fit: 'minimax', window: 1 },
      { degree: 0, window: 9 },
    ],
  },
  'block-lsh': {
    options: [
      { directions: 3, block: 4 },
      { directions: 2, block: 7, alpha: 0.6 },
      { directions: 3, block: 5, rest: 'scale', samples: 6 },
      { directions: 4, block: 1, rest: 'sample', samples: 9 },
    ],
  },
  lsh: {
    options: [
      { directions: 3, near: 4, samples: 3 },
      { directions: 2, near: 1, samples: 5, norms: false },
    ],
  },
  skip: { options: [{ eta: 1 }, { eta: 0 }, { eta: 1e-6 }] },
  'subgen-atoms': {
    options: [
      { size: 6, window: 2 },
      { size: '2KiB', size2: '20%', window: 1, gamma: 2 },
      { size: 9, window: 0, atoms: 'samples', t: 2 },
      { size: '25%', size2: '4KiB', window: 3, atoms: 'samples', t: 3 },
      { size: 7, size2: '20%', window: 2, moments: true },
    ],
  },
  'heavy-hitter': {
    options: [
      { size: 5 },
      { size: '1KiB', size2: 7, recentShare: 0 },
      { size: 3, recentShare: 1 },
      { size: '30%', recentShare: 0.3 },
    ],
  },
  tova: { options: [{ size: 5 }, { size: '1KiB', size2: 7 }, { size: 1 }, { size: '30%' }] },
  'observation-window': {
    options: [
      { size: 6, window: 3 },
      { size: 9, size2: '3KiB', window: 2, pool: 1 },
      { size: '30%', window: 1, pool: 3 },
    ],
  },
  quantised: {
    options: [
      { bits: 8, group: 4, residual: 5 },
      { bits: 2, group: 2, residual: 0, channels: 7 },
      { bits: 4, group: 3, residual: 1, channels: 2 },
    ],
  },
  merge: {
    options: [
      { base: 'window', size: 5 },
      { base: 'heavy-hitter', size: '1KiB', size2: 7, keys: false },
      { base: 'sinks', size: 4, sinks: 2 },
      { base: 'random', size: '30%' },
      { base: 'observation-window', size: 6, window: 2 },
      { base: 'tova', size: 1 },
    ],
  },
  pages: {
    options: [
      { size: 6, page: 3 },
      { size: 8, size2: '4KiB', page: 4 },
      { size: '30%', page: 1 },
      { size: 5, size2: '40%', page: 2 },
    ],
  },
  'oracle-top-k': { options: [{ size: 5 }, { size: 3, size2: 7 }, { size: '2KiB' }, { size: '20%' }] },
  window: { options: [{ size: 5 }, { size: '600B', size2: 7 }, { size: 1 }, { size: '30%' }] },
  sinks: {
    options: [
      { size: 6 },
      { size: 3, size2: '2KiB', sinks: 2 },
      { size: '30%', sinks: 1 },
      { size: 1, sinks: 0 },
    ],
  },
  'key-norm': { options: [{ size: 5 }, { size: '600B', size2: 7, recent: 1 }, { size: '30%', recent: 3 }] },
  'key-diff': { options: [{ size: 5 }, { size: '600B', size2: 7, recent: 1 }, { size: '30%', recent: 3 }] },
  threshold: { options: [{ threshold: 4 }, { threshold: 100 }, { by: 'norm', threshold: 2 }] },
  random: { options: [{ size: 5 }, { size: '600B', size2: 7 }, { size: 1 }, { size: '30%' }] },
};
