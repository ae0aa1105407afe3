import { concatMap, from, identity, lastValueFrom, of, toArray, type MonoTypeOperatorFunction } from 'rxjs';
import type { HasQkv, HasRows, TokenEvent } from '../../src/core/event.js';
import type { EventOperator, OperatorSpec, Place, SavedState } from '../../src/core/operator.js';
import { Failure } from '../../src/core/failure.js';
import type { Run } from '../../src/core/run.js';
import { errorText, pluginFailure } from '../../src/core/thrown.js';
import { brokenRow } from './measure-rows.js';

/** An operator that a run adds to the flow, its options checked. */
export interface AddedOperator {
  readonly name: string;
  readonly spec: OperatorSpec;
  create(run: Run): EventOperator<Place>;
}

/** An operator that was made for a run. */
export interface StartedOperator {
  readonly name: string;
  readonly after: Place;
  readonly apply: EventOperator<Place>;
  /** Null unless a snapshot of the run must hold it. */
  readonly state: SavedState | null;
}

type Flowing = TokenEvent & HasQkv & HasRows;

/**
 * Make the operators of a run, in their order.
 * @throws Failure `plugin-failed` for one that throws, makes no operator, or cannot be saved though it said so
 */
export function startOperators(operators: readonly AddedOperator[], run: Run): readonly StartedOperator[] {
  return operators.map(({ name, spec, create }) => {
    const apply = started(name, () => create(run));
    if (typeof apply !== 'function') throw noOperator(name, 'it made no operator', 'return an RxJS operator');
    return { name, after: spec.after, apply, state: stateOf(name, spec, apply) };
  });
}

function started<T>(name: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw pluginFailure(`operator ${name}`, 'starting', error);
  }
}

function stateOf(
  name: string,
  { state }: OperatorSpec,
  { save, restore }: Partial<SavedState>,
): SavedState | null {
  if (state !== 'saved') return null;
  if (typeof save === 'function' && typeof restore === 'function') return { save, restore };
  const hint = "bring save() and restore(state), or say state: 'unsaved'";
  throw noOperator(name, "its spec says state: 'saved', but it has no save and restore", hint);
}

function noOperator(name: string, why: string, hint: string): Failure {
  return new Failure('plugin-failed', `operator ${name}: ${why}`, hint);
}

/** The operators of a run that stand after `place`, each held to what it must give back. */
export function placed<T extends Flowing>(
  operators: readonly StartedOperator[],
  place: Place,
): MonoTypeOperatorFunction<T> {
  const here = operators.filter(({ after }) => after === place);
  if (here.length === 0) return identity;
  return (events) =>
    here.reduce((flow, operator) => flow.pipe(concatMap((event) => applied(operator, event))), events);
}

/** One event through one operator: by itself, so that nobody else's error is taken for the operator's. */
async function applied<T extends Flowing>({ name, apply }: StartedOperator, event: T): Promise<T> {
  const who = `operator ${name}, ${placeOf(event)}`;
  let left: readonly T[];
  try {
    const flow = (apply as unknown as MonoTypeOperatorFunction<T>)(of(event));
    left = await lastValueFrom(from(flow).pipe(toArray()));
  } catch (error) {
    throw pluginFailure(who, 'it threw', error);
  }
  const broken = brokenEvent(event, left);
  if (broken === null) return left[0];
  throw new Failure(
    'plugin-failed',
    `${who}: ${broken}`,
    'give back each event once: { ...event, rows: [...] }',
  );
}

/** Where in a run an event is, for messages. */
export function placeOf({ streamId, layer, step }: Pick<Flowing, 'streamId' | 'layer' | 'step'>): string {
  return `stream ${streamId}, layer ${layer}, step ${step}`;
}

type Fields = Readonly<Record<string, unknown>>;

const PER_UPDATE = ['updates', 'answers', 'plans_ns', 'bounds', 'errors', 'memory'] as const;

/** Which rule an operator broke with what it gave back for an event; null: none. */
function brokenEvent(event: Flowing, left: readonly Flowing[]): string | null {
  if (left.length !== 1) return `it gave back ${left.length} events for one`;
  const [next] = left as readonly object[] as readonly (Flowing & Fields)[];
  if (typeof next !== 'object' || next === null) return `it gave back ${errorText(next)}`;
  for (const key of ['streamId', 'layer', 'step'] as const) {
    if (next[key] !== event[key]) return `it changed ${key} to ${String(next[key])}`;
  }
  for (const key of PER_UPDATE) {
    const [before, after] = [(event as object as Fields)[key], next[key]];
    if (!Array.isArray(before)) continue;
    if (!Array.isArray(after) || after.length !== before.length) return `it changed the length of ${key}`;
  }
  if (!Array.isArray(next.rows) || event.rows.some((batch, i) => next.rows[i] !== batch)) {
    return 'it took away rows of others';
  }
  return (
    next.rows
      .slice(event.rows.length)
      .map((batch) => brokenRow(batch, event))
      .find((rule) => rule !== null) ?? null
  );
}
