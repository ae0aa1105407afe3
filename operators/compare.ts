import { concatMap, type OperatorFunction } from 'rxjs';
import type {
  ExactAnswer,
  HasAnswers,
  HasErrors,
  HasQkv,
  HasUpdates,
  OutputError,
  TokenEvent,
} from '../src/core/event.js';
import type { Answer } from '../src/core/pool.js';
import type { HeldCache, Reference, Run, StepPlace } from '../src/core/run.js';
import { exactRequests, type ExactOptions } from './exact-requests.js';
import { topRecall } from './top-recall.js';
import { withoutDropped } from './without-dropped.js';

/** What `compare` measures against. */
export interface CompareOptions extends ExactOptions {
  /** `f64`: exact attention over all entries, float64 sums; `none`: nothing is kept or compared. */
  readonly reference: 'f64' | 'none';
}

type Parts = Pick<Run, 'arena' | 'caches' | 'pool' | 'shape'>;

/**
 * Add the exact answer of every head and the error of every cache's answer. Keeps an exact cache of its own
 * per head (accounts `reference/…` of the ledger), so that no cache under test is its own judge. Where `attend` was told to ask
 * them, it takes the answers; else it asks.
 *
 * @throws Failure `plugin-failed` when an answer is no number where the exact one is
 */
export function compare<T extends TokenEvent & HasQkv & HasUpdates & HasAnswers>(
  run: Parts,
  { reference, always, recall = 0 }: CompareOptions,
): OperatorFunction<T, T & HasErrors> {
  return concatMap(async (event) => {
    if (reference === 'none') {
      event.answers?.forEach((answer, i) => refuseNaN(run, event, event.updates[i].held, answer, null));
      return withoutDropped({ ...event, exact: null, errors: null }, run.caches);
    }
    const references = run.caches.reference(event.streamId, event.layer);
    const answers =
      event.exactly === undefined ? await askAlone(run, event, { always, recall }) : event.exactly;
    const exact =
      answers?.map((answer, i) => ({ ...answer, valueNorm: references[i].values.norm() })) ?? null;
    const errorOf = (answer: Answer, i: number): OutputError => {
      const { held } = event.updates[i];
      const head = exact![held.head];
      refuseNaN(run, event, held, answer, head);
      return {
        ...distance(answer, head),
        lostMass: held.factory.spec.selects ? lostMass(answer, head) : NaN,
        recall:
          recall === 0
            ? NaN
            : askedRecall(run, event, held, () => recallOf(held, references[held.head], head, recall)),
      };
    };
    const errors = exact && (event.answers?.map(errorOf) ?? null);
    return withoutDropped({ ...event, exact, errors }, run.caches);
  });
}

/** Beyond it a float32 score has no digit behind the point left, and fast kernels promise nothing. */
const LARGEST_SCORE = 2 ** 24;

/**
 * An answer that is no number is a fault of the cache, unless the exact one is none either, the scores are out of the range of
 * fast kernels, or the cache said itself that its answer is worth nothing.
 */
function refuseNaN(
  { caches }: Pick<Run, 'caches'>,
  event: StepPlace,
  held: HeldCache,
  { output, lse }: Answer,
  exact: Answer | null,
): void {
  if (!Number.isNaN(lse) && !output.some(Number.isNaN)) return;
  if (held.outOfRange || exact?.output.some(Number.isNaN)) return;
  if (exact !== null && Math.abs(exact.maxScore) + exact.scoreStd > LARGEST_SCORE) return;
  caches.failed(
    held,
    event,
    'its answer',
    new TypeError('NaN, no number: it kept or weighed something with NaN'),
  );
}

function askedRecall(
  { caches }: Pick<Run, 'caches'>,
  event: StepPlace,
  held: HeldCache,
  measure: () => number,
): number {
  try {
    return measure();
  } catch (error) {
    caches.failed(held, event, 'positions', error);
    return NaN;
  }
}

async function askAlone(
  run: Parts,
  event: TokenEvent & HasQkv,
  options: ExactOptions,
): Promise<readonly Answer[] | null> {
  const requests = exactRequests(run, event, options);
  return requests && run.pool.attend(requests);
}

function recallOf(held: HeldCache, { mass }: Reference, exact: Answer, k: number): number {
  const positions = held.cache.positions?.();
  if (positions === undefined) return NaN;
  const sides = exact.pairs === mass[0].count ? 1 : 2; // rows of matrix order have one side
  const recalls = [positions.side1, positions.side2]
    .slice(0, sides)
    .map((kept, side) => topRecall(mass[side], kept, k));
  return recalls.reduce((a, b) => a + b) / sides;
}

/** Share of the exact softmax on pairs that a selecting cache left out: 1 − Ẑ/Z. */
function lostMass(answer: Answer, exact: Answer): number {
  return Math.max(0, -Math.expm1(answer.lse - exact.lse));
}

/** How far an answer is from the exact one. To an exact output of zeros the relative error is 0 or infinity. */
export function distance(answer: Answer, exact: ExactAnswer): Omit<OutputError, 'lostMass' | 'recall'> {
  let [difference, own, other, dot, maxAbs] = [0, 0, 0, 0, 0];
  exact.output.forEach((x, j) => {
    const y = answer.output[j];
    difference += (x - y) ** 2;
    own += y * y;
    other += x * x;
    dot += x * y;
    maxAbs = Math.max(maxAbs, Math.abs(x - y));
  });
  return {
    relL2: difference === 0 ? 0 : Math.sqrt(difference / other),
    maxAbs,
    cos: Math.max(0, 1 - dot / (Math.sqrt(own) * Math.sqrt(other))), // NaN, not defined, for a zero vector
    logZ: answer.lse - exact.lse,
    l2: Math.sqrt(difference),
    eps: difference === 0 ? 0 : Math.sqrt(difference) / (exact.weightNorm * exact.valueNorm),
  };
}
