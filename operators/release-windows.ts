import { tap, type MonoTypeOperatorFunction } from 'rxjs';
import type { TokenEvent } from '../src/core/event.js';
import type { Run } from '../src/core/run.js';

/**
 * Give back the caches and the prediction of a stream when the next one begins: for streams that come one after the other, as
 * the windows of a long text do, so that memory holds one of them.
 */
export function releaseWindows<T extends TokenEvent>({
  caches,
  predictions,
}: Pick<Run, 'caches' | 'predictions'>): MonoTypeOperatorFunction<T> {
  return tap(({ streamId, step }) => {
    if (step > 0 || streamId === 0) return;
    caches.release(streamId - 1);
    predictions?.delete(streamId - 1);
  });
}
