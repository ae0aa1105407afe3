import type { FeaturesJob, Matrix } from '../../src/core/plan.js';
import { eachRun } from './gather.js';
import { PARTIAL, PARTIAL_HEADER } from './partial.js';

/**
 * Add the features [from, to) of a polynomial answer to a cleared partial (math.md 5.1): Σ n_f·A1_f * A2_f to `acc`,
 * Σ w_f·A1[f,d]·A2[f,d] to `l`, times the factor, at the reference m = 0. `memory` is the arena as float64 numbers.
 */
export function featuresTile(
  memory: Float64Array,
  job: FeaturesJob,
  d: number,
  from: number,
  to: number,
  out: Float64Array,
): void {
  const { side1, side2, factor } = job;
  out[PARTIAL.m] = 0;
  eachRunOf(job, from, to, (rows, weights, one, two) => addRows(memory, rows, weights, one, two, d, out));
  out[PARTIAL.l] *= factor;
  for (let j = 0; j < d; j++) out[PARTIAL_HEADER + j] *= factor;
  out[PARTIAL.max] = out[PARTIAL.squares] = NaN; // no score is seen
  out[PARTIAL.flops] = (side2 === null ? 2 : 3) * side1.width * (to - from);
}

/** Call `visit` for rows that lie together in all matrices; `two` is -1 without a second side. */
function eachRunOf(
  { weights, side1, side2 }: FeaturesJob,
  from: number,
  to: number,
  visit: (rows: number, weights: number, one: number, two: number) => void,
): void {
  const each = (
    matrix: Matrix,
    lo: number,
    hi: number,
    inner: (start: number, a: number, b: number) => void,
  ) =>
    eachRun(matrix, Float64Array.BYTES_PER_ELEMENT, lo, hi, (start, rows, row) =>
      inner(start, row, row + rows),
    );
  each(weights, from, to, (w, lo, hi) =>
    each(side1, lo, hi, (one, lo1, hi1) => {
      const w1 = w + (lo1 - lo) * weights.width;
      if (side2 === null) return visit(hi1 - lo1, w1, one, -1);
      each(side2, lo1, hi1, (two, lo2, hi2) =>
        visit(hi2 - lo2, w1 + (lo2 - lo1) * weights.width, one + (lo2 - lo1) * side1.width, two),
      );
    }),
  );
}

/** The arguments are indices of `memory`. */
function addRows(
  memory: Float64Array,
  rows: number,
  weights: number,
  one: number,
  two: number,
  d: number,
  out: Float64Array,
): void {
  for (let r = 0; r < rows; r++, weights += 2, one += d + 1, two += two < 0 ? 0 : d + 1) {
    const [n, w] = [memory[weights], memory[weights + 1]];
    if (two < 0) {
      for (let j = 0; j < d; j++) out[PARTIAL_HEADER + j] += n * memory[one + j];
      out[PARTIAL.l] += w * memory[one + d];
    } else {
      for (let j = 0; j < d; j++) out[PARTIAL_HEADER + j] += n * memory[one + j] * memory[two + j];
      out[PARTIAL.l] += w * memory[one + d] * memory[two + d];
    }
  }
}
