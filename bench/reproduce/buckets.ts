import { angularHash, bucketOf, grayPosition } from '../../operators/caches/choosing/angular-hash.js';
import { randomStream } from '../../src/core/random.js';
import { SharedArena } from '../../workers/index.js';
import { dot, gaussians } from './clustered-data.js';
import type { ReproducedTable } from './table.js';

/** How often two vectors share a bucket or fall into neighbouring ones, and what theory says (math.md 7.4). */
export interface BucketCell {
  readonly theta: number;
  readonly same: number;
  readonly sameTheory: number;
  readonly adjacent: number;
  readonly adjacentTheory: number;
  /** Adjacent, with the forward Gray map of HyperAttention's public code. */
  readonly forward: number;
}

const [BITS, WIDTH] = [6, 8];

/** Probabilities over random directions, 6 bits, d = 8. */
export function bucketTable(trials = 20_000): readonly BucketCell[] {
  return [0.2, 0.5, 1].map((theta) => {
    const random = randomStream(77, 'buckets', theta);
    const [x, other] = gaussians(random, 2, WIDTH);
    const y = atAngle(x, other, theta);
    const arena = SharedArena.create('f64');
    const counts = { same: 0, adjacent: 0, forward: 0 };
    const forward = inverse();
    for (let i = 0; i < trials; i++) {
      const rows = arena.rows(WIDTH, () => {});
      const directions = angularHash(BITS, WIDTH, { rows: () => rows, random }).directionsTimes(null);
      const [a, b] = [x, y].map((v) => bucketOf(v, directions, BITS));
      if (a === b) counts.same++;
      if (neighbours(a, b)) counts.adjacent++;
      if (neighbours(forward[a], forward[b])) counts.forward++;
      rows.release();
    }
    const p = theta / Math.PI;
    return {
      ...{ theta, same: counts.same / trials, sameTheory: (1 - p) ** BITS },
      ...{ adjacent: counts.adjacent / trials, adjacentTheory: 2 * p * (1 - p) ** (BITS - 1) },
      forward: counts.forward / trials,
    };
  });
}

/** From a position in the Gray sequence to where the forward map of its code would put it. */
function inverse(): Int32Array {
  const table = new Int32Array(2 ** BITS);
  for (let code = 0; code < 2 ** BITS; code++) table[grayPosition(code)] = code ^ (code >> 1);
  return table;
}

function neighbours(a: number, b: number): boolean {
  const apart = Math.abs(a - b);
  return apart === 1 || apart === 2 ** BITS - 1;
}

function atAngle(x: Float64Array, other: Float64Array, theta: number): Float64Array {
  const [length, along] = [Math.hypot(...x), dot(x, other) / dot(x, x)];
  const across = other.map((value, t) => value - along * x[t]);
  const size = Math.hypot(...across);
  return x.map((value, t) => (Math.cos(theta) * value) / length + (Math.sin(theta) * across[t]) / size);
}

/** The table in words. */
export function bucketsAsTable(cells: readonly BucketCell[]): ReproducedTable {
  return {
    title: `Angular hashing, ${BITS} directions: probabilities over directions`,
    source:
      'Measured with the hash that `lsh` and `block-lsh` use, not with the caches; the forward map is written again in ' +
      'bench/reproduce/buckets.ts. `theory`: formulas of math.md 7.4.',
    columns: ['angle', 'same bucket', 'theory', 'neighbouring bucket', 'theory', 'with the forward Gray map'],
    rows: cells.map(({ theta, same, sameTheory, adjacent, adjacentTheory, forward }) => [
      theta,
      ...[same, sameTheory, adjacent, adjacentTheory, forward].map((p) => p.toFixed(4)),
    ]),
    note:
      'Buckets stand at the position of their code in the Gray sequence (the inverse map). With the forward map of the public ' +
      'code of HyperAttention neighbours differ in up to three signs, and near vectors are neighbours less often.',
  };
}
