import { map, type OperatorFunction } from 'rxjs';
import type {
  HasAnswers,
  HasBounds,
  HasQkv,
  HasUpdates,
  Promised,
  TokenEvent,
  Warning,
} from '../src/core/event.js';
import type { Run } from '../src/core/run.js';

/**
 * Add what is promised of every answer, measured errors unseen: a certificate computed from this answer, the ε that the
 * cache's paper claims for its options, and whether the answer left the range for which the cache was made; the first of a
 * row of such answers is a warning. Comes right after `attend`, while caches still know the query.
 */
export function certify<T extends TokenEvent & HasQkv & HasUpdates & HasAnswers>({
  arena,
  shape: { d, order },
}: Pick<Run, 'arena' | 'shape'>): OperatorFunction<T, T & HasBounds> {
  const { bytesPerNumber } = arena;
  return map((event) => {
    const warnings: Warning[] = [];
    const bounds = event.answers?.map((answer, i): Promised => {
      const { held } = event.updates[i];
      const { cache, factory, appended, label, head } = held;
      const reason = cache.outOfRange?.(answer) ?? null;
      if (reason !== null && !held.outOfRange) {
        const where = `layer ${event.layer}, head ${head}`;
        warnings.push({ kind: 'out-of-range', message: `cache ${label}, ${where}: ${reason}` });
      }
      held.outOfRange = reason !== null;
      return {
        certificate: cache.certify?.(answer) ?? null,
        claimedEps: factory.claimedEps({ n: appended, d, order, bytesPerNumber, census: null }),
        outOfRange: cache.outOfRange === undefined ? null : held.outOfRange,
      };
    });
    return { ...event, bounds: bounds ?? null, warnings };
  });
}
