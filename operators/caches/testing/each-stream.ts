import fc from 'fast-check';
import type { CacheSpec } from '../../../src/core/cache.js';
import { at } from './law.js';
import { makeStream, streamShapes, type Stream, type StreamShape } from './streams.js';

const made = new Map<string, Stream>(); // every law and every option set sees the same ones: made once, read only

/** How often and from which seed: fixed, so that a suite that passed will pass again. */
export interface Runs {
  readonly runs: number;
  readonly dtypes?: readonly ('f32' | 'f64')[];
}

/** Call `check` with random streams in every order that the cache supports; of those that fail the smallest is told. */
export async function eachStream(
  { orders }: Pick<CacheSpec, 'orders'>,
  check: (stream: Stream) => Promise<void>,
  { runs, dtypes = ['f32'] }: Runs,
): Promise<void> {
  for (const order of orders) {
    for (const dtype of dtypes) {
      const property = fc.asyncProperty(streamShapes(order, dtype), (shape) => check(streamOf(shape)));
      const result = await fc.check(property, { numRuns: runs, seed: 20250311 });
      if (result.failed)
        throw at(result.errorInstance, 'on the stream', shapeText(result.counterexample![0]));
    }
  }
}

function streamOf(shape: StreamShape): Stream {
  const key = shapeText(shape);
  const stream = made.get(key) ?? makeStream(shape);
  made.set(key, stream);
  return stream;
}

/** Everything that a stream is made from, as `makeStream` takes it. */
function shapeText(shape: StreamShape): string {
  return Object.entries(shape)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
}
