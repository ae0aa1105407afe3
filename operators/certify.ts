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
import type { Answer } from '../src/core/pool.js';
import type { HeldCache, Run } from '../src/core/run.js';
import { withoutDropped } from './without-dropped.js';

const NOTHING: Promised = { certificate: null, claimedEps: null, outOfRange: null };

/**
 * Add what is promised of every answer, measured errors unseen: a certificate computed from this answer, the ε that the
 * cache's paper claims for its options, and whether the answer left the range for which the cache was made; the first of a
 * row of such answers is a warning. Comes right after `attend`, while caches still know the query.
 *
 * @throws Failure `plugin-failed` when a cache throws, or promises what is no number
 */
export function certify<T extends TokenEvent & HasQkv & HasUpdates & HasAnswers>(
  run: Pick<Run, 'arena' | 'caches' | 'shape'>,
): OperatorFunction<T, T & HasBounds> {
  return map((event) => {
    const warnings: Warning[] = [];
    const bounds = event.answers?.map((answer, i): Promised => {
      const { held } = event.updates[i];
      try {
        return promised(run, event, held, answer, warnings);
      } catch (error) {
        run.caches.failed(held, event, 'certify', error);
        return NOTHING;
      }
    });
    return withoutDropped({ ...event, bounds: bounds ?? null, warnings }, run.caches);
  });
}

function promised(
  { arena: { bytesPerNumber }, shape: { d, order } }: Pick<Run, 'arena' | 'shape'>,
  { layer }: HasQkv,
  held: HeldCache,
  answer: Answer,
  warnings: Warning[],
): Promised {
  const { cache, factory, appended, label, head } = held;
  const reason = cache.outOfRange?.(answer) ?? null;
  if (reason !== null && typeof reason !== 'string')
    throw new TypeError(`outOfRange gave ${typeof reason}, no sentence`);
  if (reason !== null && !held.outOfRange) {
    const where = `layer ${layer}, head ${head}`;
    warnings.push({ kind: 'out-of-range', message: `cache ${label}, ${where}: ${reason}` });
  }
  held.outOfRange = reason !== null;
  return {
    certificate: numberOrNull('certify', cache.certify?.(answer)),
    claimedEps: numberOrNull(
      'claimedEps',
      factory.claimedEps({ n: appended, d, order, bytesPerNumber, census: null }),
    ),
    outOfRange: cache.outOfRange === undefined ? null : held.outOfRange,
  };
}

function numberOrNull(method: string, value: unknown): number | null {
  if (value === undefined || value === null) return null;
  if (typeof value !== 'number') throw new TypeError(`${method} gave ${typeof value}, no number`);
  return value;
}
