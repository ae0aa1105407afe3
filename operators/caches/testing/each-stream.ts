import fc from 'fast-check';
import type { CacheSpec } from '../../../src/core/cache.js';
import { makeStream, streamShapes, type Stream } from './streams.js';

/** How often and from which seed: fixed, so that a suite that passed will pass again. */
export interface Runs {
  readonly runs: number;
  readonly dtypes?: readonly ('f32' | 'f64')[];
}

/** Call `check` with random streams in every order that the cache supports; failures are shrunk and shown. */
export async function eachStream(
  { orders }: Pick<CacheSpec, 'orders'>,
  check: (stream: Stream) => Promise<void>,
  { runs, dtypes = ['f32'] }: Runs,
): Promise<void> {
  for (const order of orders) {
    for (const dtype of dtypes) {
      const property = fc.asyncProperty(streamShapes(order, dtype), (shape) => check(makeStream(shape)));
      await fc.assert(property, { numRuns: runs, seed: 20250311 });
    }
  }
}
