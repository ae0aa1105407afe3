import { map, type OperatorFunction } from 'rxjs';
import type { HasResidual } from '../src/core/event.js';
import type { LanguageModelLayer } from '../src/core/language-model.js';
import { multiplyRows } from '../src/core/multiply-rows.js';
import type { Run } from '../src/core/run.js';
import { normalise } from './layer-norm.js';

/** Replace `x`, (dModel), by x + relu(norm(x) · up)² · down: the feed-forward part of a layer of a language model. */
export function feedForward<T extends HasResidual>(
  { multiply = multiplyRows }: Pick<Run, 'multiply'>,
  { up, down }: Pick<LanguageModelLayer, 'up' | 'down'>,
): OperatorFunction<T, T> {
  return map((event) => {
    const { x } = event;
    const hidden = new Float32Array(up.length / x.length);
    multiply(normalise(x), up, hidden, 1);
    hidden.forEach((value, i) => (hidden[i] = value > 0 ? value * value : 0));
    const added = new Float32Array(x.length);
    multiply(hidden, down, added, 1);
    return { ...event, x: x.map((value, i) => value + added[i]) };
  });
}
