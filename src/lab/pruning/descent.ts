import { randomStream } from '../../core/random.js';
import { Failure } from '../../core/failure.js';
import type { Smooth } from './mask-loss.js';

/** Where a descent came to. */
export interface Descent {
  readonly point: Float64Array;
  /** Before the first epoch, and after each. */
  readonly values: readonly number[];
}

const [ENOUGH, SHRINK, GROW, LEAST_STEP] = [1e-4, 0.5, 1.3, 1e-12];

/**
 * Descend along the gradient for `epochs` steps, each shortened until the value falls by a share of what the slope promises
 * (Armijo), the next one tried longer. The value never rises.
 *
 * @throws Failure `bad-input` naming the epoch whose gradient is no number
 */
export function backtracking(
  f: Smooth,
  start: Float64Array,
  { step: first, epochs }: { readonly step: number; readonly epochs: number },
): Descent {
  let [point, here, step] = [start, f.at(start), first];
  const values = [here.value];
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const slope = finite(here.gradient(), epoch);
    const promised = slope.reduce((sum, g) => sum + g * g, 0);
    for (; step >= LEAST_STEP; step *= SHRINK) {
      const next = point.map((x, i) => x - step * slope[i]);
      const there = f.at(next);
      if (!(there.value <= here.value - ENOUGH * step * promised)) continue;
      [point, here] = [next, there];
      break;
    }
    values.push(here.value);
    if (step < LEAST_STEP) break; // no shorter step helps: this is the bottom, to rounding
    step *= GROW;
  }
  return { point, values };
}

/**
 * Descend with a fixed step and momentum, as Algorithm 1 says: V = β·V + gradient, M = M − η·V. Nothing keeps the value from
 * rising; `largestStableStep` tells which η can be trusted.
 *
 * @throws Failure `bad-input` naming the epoch whose gradient is no number
 */
export function heavyBall(
  f: Smooth,
  start: Float64Array,
  { step, momentum, epochs }: { readonly step: number; readonly momentum: number; readonly epochs: number },
): Descent {
  const point = start.slice();
  const velocity = new Float64Array(f.size);
  let here = f.at(point);
  const values = [here.value];
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const slope = finite(here.gradient(), epoch);
    for (let i = 0; i < f.size; i++) {
      velocity[i] = momentum * velocity[i] + slope[i];
      point[i] -= step * velocity[i];
    }
    here = f.at(point);
    values.push(here.value);
  }
  return { point, values };
}

const [ROUNDS, NUDGE] = [20, 1e-4];

/** The largest eigenvalue of the second derivative at a point: power iteration on differences of gradients. */
export function curvature(f: Smooth, point: Float64Array): number {
  const random = randomStream(0, 'curvature');
  let direction = unit(point.map(() => random.gaussian()));
  let found = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const slopeAt = (sign: number) => f.at(point.map((x, i) => x + sign * NUDGE * direction[i])).gradient();
    const [up, down] = [slopeAt(1), slopeAt(-1)];
    const image = up.map((x, i) => (x - down[i]) / (2 * NUDGE));
    found = Math.sqrt(image.reduce((sum, x) => sum + x * x, 0));
    if (!(found > 0)) return found;
    direction = unit(image);
  }
  return found;
}

/** The step beyond which momentum `momentum` diverges where the largest curvature is `curvature`: 2·(1 + β)/L. */
export function largestStableStep(curvature: number, momentum: number): number {
  return (2 * (1 + momentum)) / curvature;
}

function unit(x: Float64Array): Float64Array {
  const size = Math.sqrt(x.reduce((sum, y) => sum + y * y, 0));
  return x.map((y) => y / size);
}

function finite(slope: Float64Array, epoch: number): Float64Array {
  const at = slope.findIndex((g) => !Number.isFinite(g));
  if (at < 0) return slope;
  throw new Failure(
    'bad-input',
    `epoch ${epoch}: number ${at} of the gradient is ${slope[at]}`,
    'the scores overflow: scale the weights down, or take a smaller step',
  );
}
