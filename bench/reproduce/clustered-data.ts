import type { Random } from '../../src/core/random.js';

/** One side of a stream: keys and values, (n × d) each. */
export interface SideRows {
  readonly keys: readonly Float64Array[];
  readonly values: readonly Float64Array[];
}

/** Keys of math.md 4.6: around 12 centres on the unit sphere, on the sphere itself, or Gaussian. */
export type KeyKind = 'cluster' | 'sphere' | 'gauss';

const CENTRES = 12;

/** Keys of one kind, and values that know nothing of them (math.md 4.6, first table). */
export function independentSide(
  random: Random,
  kind: KeyKind,
  n: number,
  d: number,
  noise: number,
): SideRows {
  if (kind !== 'cluster') {
    const keys = gaussians(random, n, d).map((key) => (kind === 'sphere' ? unit(key) : key));
    return { keys, values: gaussians(random, n, d).map((value) => value.map((x) => x + 0.5)) };
  }
  const centres = gaussians(random, CENTRES, d).map(unit);
  const of = Array.from({ length: n }, () => random.below(CENTRES));
  const around = (rows: readonly Float64Array[], spread: number) =>
    of.map((centre) => rows[centre].map((x) => x + spread * random.gaussian()));
  const keys = around(centres, noise / Math.sqrt(d));
  return { keys, values: around(gaussians(random, CENTRES, d), 0.5) };
}

/** Keys of one kind, and values that are linear in them but for a little noise (second table; more like a model's). */
export function correlatedSide(random: Random, kind: KeyKind, n: number, d: number, noise: number): SideRows {
  const { keys } = independentSide(random, kind, n, d, noise);
  const map = gaussians(random, d, d);
  const images = keys.map((key) => Float64Array.from(map, (row) => dot(row, key)));
  const std = Math.sqrt(images.reduce((sum, row) => sum + dot(row, row), 0) / (n * d));
  return { keys, values: images.map((row) => row.map((x) => x / std + 0.3 * random.gaussian())) };
}

/** `count` rows of d independent standard normal numbers. */
export function gaussians(random: Random, count: number, d: number): Float64Array[] {
  return Array.from({ length: count }, () => Float64Array.from({ length: d }, () => random.gaussian()));
}

/** Σ x_t y_t */
export function dot(x: Float64Array, y: Float64Array): number {
  let sum = 0;
  for (let t = 0; t < x.length; t++) sum += x[t] * y[t];
  return sum;
}

function unit(row: Float64Array): Float64Array {
  const norm = Math.sqrt(dot(row, row));
  return row.map((x) => x / norm);
}
