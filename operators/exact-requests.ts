import type { HasQkv, TokenEvent } from '../src/core/event.js';
import { hasAtoms, marginals } from '../src/core/plan.js';
import type { AttendRequest } from '../src/core/pool.js';
import type { HeldCache, Reference, Run } from '../src/core/run.js';
import { headEntry, headSlot } from './head-rows.js';

/** Which exact answers a step needs. */
export interface ExactOptions {
  /** Also answer prefill tokens: deeper layers need the exact output of every token. */
  readonly always: boolean;
  /** Measure which of the k most attended tokens a cache holds; 0: do not (the marginals cost as much as attention). */
  readonly recall?: number;
}

type Parts = Pick<Run, 'arena' | 'caches' | 'shape'>;

/**
 * Give the step's entry to the exact caches of its stream and layer, once a step. Returns what asks them the query of each head;
 * null where nobody needs the answers.
 */
export function exactRequests(
  run: Parts,
  event: TokenEvent & HasQkv,
  { always, recall = 0 }: ExactOptions,
): readonly AttendRequest[] | null {
  const references = run.caches.reference(event.streamId, event.layer);
  for (const { cache, head, values } of references) {
    const entry = headEntry(run.arena, event.qkv, head, run.shape.d);
    cache.append(entry);
    values.push(entry.v1, entry.v2);
  }
  if (event.prefill && !always) return null;
  return references.map((held) => exactRequest(run, event, held, recall > 0));
}

/** What asks an exact cache; with `marginals`, also how much attention every token gets, left in the reference's `mass`. */
export function exactRequest(
  run: Pick<Run, 'arena' | 'shape'>,
  event: HasQkv,
  held: Reference,
  marginals: boolean,
): AttendRequest {
  const request = requestOf(run, event, held, true);
  return marginals ? withMarginals(request, held) : request;
}

function withMarginals(request: AttendRequest, { mass }: Reference): AttendRequest {
  const [job] = request.plan.jobs;
  if (!hasAtoms(job)) throw new RangeError('the reference keeps entries');
  const [side1, side2] = job.kind === 'grid' ? [job.side1, job.side2] : [job.atoms, null];
  return { ...request, plan: { ...request.plan, measure: marginals(side1, side2, ...mass) } };
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
