import { concatMap, type OperatorFunction } from 'rxjs';
import type {
  HasAnswers,
  HasErrors,
  HasQkv,
  HasUpdates,
  OutputError,
  TokenEvent,
} from '../src/core/event.js';
import type { Answer } from '../src/core/pool.js';
import type { Run } from '../src/core/run.js';
import { requestOf } from './attend.js';
import { headEntry } from './head-rows.js';

/** What `compare` measures against. */
export interface CompareOptions {
  /** `f64`: exact attention over all entries, float64 sums; `none`: nothing is kept or compared. */
  readonly reference: 'f64' | 'none';
  /** Also answer prefill tokens: deeper layers need the exact output of every token. */
  readonly always: boolean;
}

/**
 * Add the exact answer of every head and the error of every cache's answer. Keeps an exact cache of its own
 * per head (accounts `reference/…` of the ledger), so that no cache under test is its own judge.
 */
export function compare<T extends TokenEvent & HasQkv & HasUpdates & HasAnswers>(
  run: Pick<Run, 'arena' | 'caches' | 'pool' | 'shape'>,
  { reference, always }: CompareOptions,
): OperatorFunction<T, T & HasErrors> {
  return concatMap(async (event) => {
    if (reference === 'none') return { ...event, exact: null, errors: null };
    const exact = await answerExactly(run, event, !event.prefill || always);
    const errors =
      exact && event.answers && event.answers.map((a, i) => distance(a, exact[event.updates[i].held.head]));
    return { ...event, exact, errors };
  });
}

async function answerExactly(
  run: Pick<Run, 'arena' | 'caches' | 'pool' | 'shape'>,
  event: TokenEvent & HasQkv,
  asked: boolean,
): Promise<readonly Answer[] | null> {
  const held = run.caches.reference(event.streamId, event.layer);
  for (const { cache, head } of held) cache.append(headEntry(run.arena, event.qkv, head, run.shape.d));
  return asked ? run.pool.attend(held.map((cache) => requestOf(run, event, cache, true))) : null;
}

/** How far an answer is from the exact one. To an exact output of zeros the relative error is 0 or infinity. */
export function distance(answer: Answer, exact: Answer): OutputError {
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
  };
}
