import { map, type OperatorFunction } from 'rxjs';
import type { HasNormed, HasResidual } from '../src/core/event.js';

const EPSILON = 1e-5; // keeps a constant vector at 0, as in every transformer

/** Add `normed`, as long as `x`: `x` shifted and scaled to mean 0 and variance 1 over its coordinates. */
export function layerNorm<T extends HasResidual>(): OperatorFunction<T, T & HasNormed> {
  return map((event) => ({ ...event, normed: normalise(event.x) }));
}

/** `x` shifted and scaled to mean 0 and variance 1 over its coordinates; a constant one becomes 0. */
export function normalise(x: Float32Array): Float32Array {
  let [sum, squares] = [0, 0];
  for (const value of x) sum += value;
  const mean = sum / x.length;
  for (const value of x) squares += (value - mean) ** 2;
  const scale = 1 / Math.sqrt(squares / x.length + EPSILON);
  return x.map((value) => (value - mean) * scale);
}
