import { concatMap, type OperatorFunction } from 'rxjs';
import type { HasAnswers, HasQkv, HasUpdates, TokenEvent, Update } from '../src/core/event.js';
import { brokenPlan } from '../src/core/plan-check.js';
import type { Answer, AttendRequest, TaskFailure } from '../src/core/pool.js';
import type { HeldCache, Run } from '../src/core/run.js';
import { headSlot } from './head-rows.js';
import { withoutDropped } from './without-dropped.js';

type Parts = Pick<Run, 'arena' | 'caches' | 'clock' | 'pool' | 'shape'>;
type Asked = TokenEvent & HasQkv & HasUpdates;

/** A cache that was asked for its plan. */
interface Planned {
  readonly update: Update;
  readonly request: AttendRequest;
  /** What planning took, and later observing, too. */
  ns: number;
}

/**
 * Ask every cache the query of its head, on the worker pool, all in one call: a message to a thread costs as
 * much as attending to hundreds of pairs. Adds `answers`, one per update; null for a prefill token, whose query is
 * shown only to caches that observe attention. Adds `plans_ns` too: some caches do much of their work in plans.
 *
 * @throws Failure `worker-lost` when threads keep dying, `plugin-failed` when a cache throws or plans nonsense
 */
export function attend<T extends Asked>(run: Parts): OperatorFunction<T, T & HasAnswers> {
  return concatMap(async (event) => {
    const asked = event.prefill ? event.updates.filter(({ held }) => held.cache.observe) : event.updates;
    const { planned, answers } = await answersOf(run, event, planAll(run, event, asked));
    planned.forEach((plan, i) => observe(run, event, plan, answers[i]));
    if (event.prefill) return withoutDropped({ ...event, answers: null, plans_ns: null }, run.caches);
    const updates = planned.map(({ update }) => update);
    return withoutDropped({ ...event, updates, answers, plans_ns: planned.map(({ ns }) => ns) }, run.caches);
  });
}

function planAll(run: Parts, event: Asked, asked: readonly Update[]): readonly Planned[] {
  const planned: Planned[] = [];
  for (const update of asked) {
    const start = run.clock.now();
    try {
      const request = requestOf(run, event, update.held, false);
      const broken = brokenPlan(request.plan, run.shape.d, run.arena);
      if (broken !== null) throw new TypeError(broken);
      planned.push({ update, request, ns: run.clock.now() - start });
    } catch (error) {
      run.caches.failed(update.held, event, 'plan', error);
    }
  }
  return planned;
}

/** The answers to plans of caches that are not dropped; a task that fails takes its cache with it, and the others are asked again. */
async function answersOf(
  { caches, pool }: Parts,
  event: Asked,
  all: readonly Planned[],
): Promise<{ readonly planned: readonly Planned[]; readonly answers: readonly Answer[] }> {
  const planned = all.filter(({ update }) => !caches.dropped.has(update.held.label));
  if (planned.length === 0) return { planned, answers: [] };
  try {
    return { planned, answers: await pool.attend(planned.map(({ request }) => request)) };
  } catch (error) {
    const { request } = error as Partial<TaskFailure>;
    if (typeof request !== 'number') throw error;
    caches.failed(planned[request].update.held, event, 'its task', error);
    return answersOf({ caches, pool } as Parts, event, planned);
  }
}

function observe({ caches, clock }: Parts, event: Asked, plan: Planned, answer: Answer): void {
  const { held } = plan.update;
  if (held.cache.observe === undefined) return;
  const start = clock.now();
  try {
    held.cache.observe(answer);
  } catch (error) {
    caches.failed(held, event, 'observe', error);
  }
  plan.ns += clock.now() - start;
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
