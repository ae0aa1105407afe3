import { concatMap, type OperatorFunction } from 'rxjs';
import type { HasAnswers, HasQkv, HasUpdates, TokenEvent, Update } from '../src/core/event.js';
import { brokenPlan } from '../src/core/plan-check.js';
import type { Answer, AttendRequest, TaskFailure } from '../src/core/pool.js';
import type { Run } from '../src/core/run.js';
import { exactRequests, requestOf, type ExactOptions } from './exact-requests.js';
import { withoutDropped } from './without-dropped.js';

type Parts = Pick<Run, 'arena' | 'caches' | 'clock' | 'pool' | 'shape'>;
type Asked = TokenEvent & HasQkv & HasUpdates;

/** What else `attend` asks. */
export interface AttendOptions {
  /** The exact caches of `compare`, with its options; null: `compare` asks them itself, in a call of its own. */
  readonly exact?: ExactOptions | null;
}

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
 * With `exact`, the same call asks the exact caches too, last: they get the step's entry here, and `compare`, which is to be told
 * the same, takes the answers from `exactly`.
 *
 * @throws Failure `worker-lost` when threads keep dying, `plugin-failed` when a cache throws or plans nonsense
 */
export function attend<T extends Asked>(
  run: Parts,
  { exact = null }: AttendOptions = {},
): OperatorFunction<T, T & HasAnswers> {
  return concatMap(async (event) => {
    const asked = event.prefill ? event.updates.filter(({ held }) => held.cache.observe) : event.updates;
    const plans = planAll(run, event, asked);
    const exactly = exact && exactRequests(run, event, exact);
    const { planned, answers, last } = await answersOf(run, event, plans, exactly ?? []);
    const added = exact === null ? {} : { exactly: exactly && last };
    planned.forEach((plan, i) => observe(run, event, plan, answers[i]));
    if (event.prefill)
      return withoutDropped({ ...event, ...added, answers: null, plans_ns: null }, run.caches);
    const updates = planned.map(({ update }) => update);
    const plans_ns = planned.map(({ ns }) => ns);
    return withoutDropped({ ...event, ...added, updates, answers, plans_ns }, run.caches);
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

/** What was answered. */
interface Answered {
  readonly planned: readonly Planned[];
  readonly answers: readonly Answer[];
  readonly last: readonly Answer[];
}

/**
 * The answers to plans of caches that are not dropped, and to the `last` requests; a task that fails takes its cache with
 * it, and the others are asked again.
 */
async function answersOf(
  { caches, pool }: Parts,
  event: Asked,
  all: readonly Planned[],
  last: readonly AttendRequest[],
): Promise<Answered> {
  const planned = all.filter(({ update }) => !caches.dropped.has(update.held.label));
  const requests = [...planned.map(({ request }) => request), ...last];
  if (requests.length === 0) return { planned, answers: [], last: [] };
  try {
    const answers = await pool.attend(requests);
    const own = planned.length;
    return { planned, answers: answers.slice(0, own), last: answers.slice(own) };
  } catch (error) {
    const { request } = error as Partial<TaskFailure>;
    if (typeof request !== 'number') throw error;
    caches.failed(planned[request].update.held, event, 'its task', error);
    return answersOf({ caches, pool } as Parts, event, planned, last);
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
