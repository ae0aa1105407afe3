import { map, type OperatorFunction } from 'rxjs';
import type { HasAnswers, HasErrors, HasResidual, HasUpdates, TokenEvent } from '../src/core/event.js';
import { Failure } from '../src/core/failure.js';
import { multiplyRows } from '../src/core/multiply-rows.js';
import type { Run } from '../src/core/run.js';

/** Settings of `addResidual`. */
export interface ResidualOptions {
  /** Whose output is added: `exact`, or the label of a cache. Default: the exact one, without a reference the first cache's. */
  readonly drive?: string | undefined;
  /** Of a language model, (heads·d × dModel): the outputs of all heads are multiplied by it before they are added. */
  readonly output?: Float32Array | undefined;
}

type Answered = TokenEvent & HasResidual & HasUpdates & HasAnswers & HasErrors;

/**
 * Replace `x` by x + the attention output of all heads, (heads·d), for what comes next: one output drives, so that all caches
 * see the same q, k and v. Where there is an `output` matrix, `x` and what is added to it are (dModel).
 *
 * @throws Failure `plugin-failed` when the cache that drives was dropped
 */
export function addResidual<T extends Answered>(
  { multiply = multiplyRows }: Pick<Run, 'multiply'> = {},
  { drive, output }: ResidualOptions = {},
): OperatorFunction<T, T> {
  return map((event) => {
    const heads = joined(drivingOutputs(event, drive));
    if (output === undefined) return { ...event, x: sum(event.x, heads) };
    const added = new Float32Array(event.x.length);
    multiply(Float32Array.from(heads), output, added, 1);
    return { ...event, x: sum(event.x, added) };
  });
}

/** The label of the cache that drives the layers; null: the exact output does. */
export function driverOf(labels: readonly string[], hasExact: boolean, drive?: string): string | null {
  if (drive === undefined) return hasExact ? null : labels[0];
  return drive === 'exact' ? null : drive;
}

/** One output, (d), per head. */
function drivingOutputs(event: Answered, drive: string | undefined): readonly Float64Array[] {
  const { exact, answers, updates } = event;
  const driver = driverOf([updates[0]?.held.label], exact !== null, drive);
  if (driver === null && exact !== null) return exact.map(({ output }) => output);
  if (answers === null) throw new RangeError('a prefill token without a reference drives no further layer');
  const outputs = answers.filter((_, i) => updates[i].held.label === driver).map(({ output }) => output);
  if (outputs.length > 0) return outputs;
  throw new Failure(
    'plugin-failed',
    `stream ${event.streamId}, step ${event.step}: cache ${driver} drives the layers, and it was dropped`,
    'let another drive them: --drive exact, or --drive with the label of another cache',
  );
}

function joined(outputs: readonly Float64Array[]): Float64Array {
  const d = outputs[0].length;
  const all = new Float64Array(outputs.length * d);
  outputs.forEach((output, head) => all.set(output, head * d));
  return all;
}

function sum(x: Float32Array, added: Float32Array | Float64Array): Float32Array {
  return x.map((value, i) => value + added[i]);
}
