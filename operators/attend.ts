import { concatMap, type OperatorFunction } from 'rxjs';
import type { HasAnswers, HasQkv, HasUpdates, TokenEvent } from '../src/core/event.js';
import type { AttendRequest } from '../src/core/pool.js';
import type { HeldCache, Run } from '../src/core/run.js';
import { headSlot } from './head-rows.js';

/**
 * Ask every cache the query of its head, on the worker pool, all in one call: a message to a thread costs as
 * much as attending to hundreds of pairs. Adds `answers`, one per update; null for a prefill token, whose query is
 * shown only to caches that observe attention. Adds `plans_ns` too: some caches do much of their work in plans.
 *
 * @throws Failure `worker-lost` when threads keep dying
 */
export function attend<T extends TokenEvent & HasQkv & HasUpdates>(
  run: Pick<Run, 'arena' | 'clock' | 'pool' | 'shape'>,
): OperatorFunction<T, T & HasAnswers> {
  return concatMap(async (event) => {
    const asked = event.prefill ? event.updates.filter(({ held }) => held.cache.observe) : event.updates;
    const planned = asked.map(({ held }) => timed(run, () => requestOf(run, event, held, false)));
    const requests = planned.map(({ result }) => result);
    const answers = requests.length === 0 ? [] : await run.pool.attend(requests);
    const observed = asked.map(({ held }, i) => timed(run, () => held.cache.observe?.(answers[i])));
    if (event.prefill) return { ...event, answers: null, plans_ns: null };
    return { ...event, answers, plans_ns: planned.map(({ ns }, i) => ns + observed[i].ns) };
  });
}

function timed<R>({ clock }: Pick<Run, 'clock'>, work: () => R): { readonly result: R; readonly ns: number } {
  const start = clock.now();
  const result = work();
  return { result, ns: clock.now() - start };
}

/** The request that asks one cache the query of its head; `precise` for the exact reference. */
export function requestOf(
  { arena, shape }: Pick<Run, 'arena' | 'shape'>,
  { qkv }: HasQkv,
  { cache, head }: HeldCache,
  precise: boolean,
): AttendRequest {
  const q = headSlot(arena, qkv.q, head, shape.d);
  return { q, d: shape.d, scale: shape.scale, plan: cache.plan(arena.view(q)), precise };
}
