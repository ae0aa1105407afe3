import type { CacheFactory } from '../../../src/core/cache.js';
import { startTrial } from './harness.js';

/** A token of a stream with d = 1 in matrix order: its key, and the query that comes with it. */
export type ScalarToken = readonly [k: number, q: number];

/** Positions (sorted) that a cache keeps after each token; with d = 1 the score of a token is just q·k. */
export async function keptAfterEach(
  factory: CacheFactory,
  tokens: readonly ScalarToken[],
): Promise<readonly (readonly number[])[]> {
  const trial = startTrial(factory, { d: 1, order: 'matrix', scale: 1, dtype: 'f64' });
  const kept: number[][] = [];
  for (const [k, q] of tokens) {
    const [key, query] = [Float64Array.of(k), Float64Array.of(q)];
    await trial.take({ q: query, k1: key, k2: null, v1: key, v2: null });
    kept.push([...trial.cache.positions!().side1].sort((a, b) => a - b));
  }
  trial.release();
  return kept;
}
