import { map, type OperatorFunction } from 'rxjs';
import type { Promised, HasAnswers, HasBounds, HasQkv, HasUpdates, TokenEvent } from '../src/core/event.js';
import type { Run } from '../src/core/run.js';

/**
 * Add what is promised of every answer, measured errors unseen: a certificate computed from this answer, and the ε that
 * the cache's paper claims for its options. Comes right after `attend`, while caches still know the query.
 */
export function certify<T extends TokenEvent & HasQkv & HasUpdates & HasAnswers>({
  arena,
  shape: { d, order },
}: Pick<Run, 'arena' | 'shape'>): OperatorFunction<T, T & HasBounds> {
  const { bytesPerNumber } = arena;
  return map((event) => {
    const bounds = event.answers?.map((answer, i): Promised => {
      const { cache, factory, appended } = event.updates[i].held;
      return {
        certificate: cache.certify?.(answer) ?? null,
        claimedEps: factory.claimedEps({ n: appended, d, order, bytesPerNumber, census: null }),
      };
    });
    return { ...event, bounds: bounds ?? null };
  });
}
