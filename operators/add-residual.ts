import { map, type OperatorFunction } from 'rxjs';
import type { HasAnswers, HasErrors, HasResidual, HasUpdates } from '../src/core/event.js';

/**
 * Replace `x`, (heads·d), by x + the attention output of all heads, for the next layer. The exact output
 * drives it, or without a reference the first cache's, so that all caches see the same q, k and v.
 */
export function addResidual<T extends HasResidual & HasUpdates & HasAnswers & HasErrors>(): OperatorFunction<
  T,
  T
> {
  return map((event) => ({ ...event, x: sum(event.x, drivingOutputs(event)) }));
}

/** One output, (d), per head. */
function drivingOutputs({
  exact,
  answers,
  updates,
}: HasUpdates & HasAnswers & HasErrors): readonly Float64Array[] {
  if (exact !== null) return exact.map(({ output }) => output);
  if (answers === null) throw new RangeError('a prefill token without a reference drives no further layer');
  const first = updates[0].held.label;
  return answers.filter((_, i) => updates[i].held.label === first).map(({ output }) => output);
}

function sum(x: Float32Array, outputs: readonly Float64Array[]): Float32Array {
  const d = outputs[0].length;
  return x.map((value, i) => value + outputs[Math.floor(i / d)][i % d]);
}
