import type { AttendJob } from '../src/core/plan.js';
import type { Answer } from '../src/core/pool.js';
import { PARTIAL, PARTIAL_HEADER } from './kernels/partial.js';

/** The partial of one tile and what its job adds to. */
export interface TilePartial {
  readonly role: AttendJob['role'];
  readonly partial: Float64Array;
}

/**
 * Merge the partials of one request in the order given, which is the order of the tiles: the result does not
 * depend on who computed what (math.md 1.3). Numerator and denominator may come from different jobs.
 *
 * `prepare` are the partials of the product tiles: they only cost time and operations.
 */
export function mergePartials(
  d: number,
  tiles: readonly TilePartial[],
  prepare: readonly Float64Array[],
  submitted: number,
): Answer {
  const [numerator, denominator] = [new Sum(d), new Sum(0)];
  const totals = { max: -Infinity, sum: 0, squares: 0, pairs: 0, flops: 0, ns: 0, start: Infinity };
  for (const partial of prepare) count(totals, partial);
  for (const { role, partial } of tiles) {
    if (role !== 'denominator') numerator.add(partial);
    if (role !== 'numerator') denominator.add(partial);
    count(totals, partial);
  }
  const mean = totals.sum / totals.pairs;
  return {
    output: quotient(numerator, denominator),
    lse: denominator.m + Math.log(denominator.l),
    maxScore: totals.max,
    scoreMean: mean,
    scoreStd: Math.sqrt(Math.max(0, totals.squares / totals.pairs - mean * mean)),
    pairs: totals.pairs,
    flops: totals.flops,
    attend_ns: totals.ns,
    queue_ns: totals.start === Infinity ? 0 : Math.max(0, totals.start - submitted), // no tile: no queue
  };
}

/** e^m · (l, acc): a running sum that never overflows. */
class Sum {
  m = -Infinity;
  l = 0;
  readonly acc: Float64Array;
  constructor(d: number) {
    this.acc = new Float64Array(d);
  }

  add(partial: Float64Array): void {
    const m = Math.max(this.m, partial[PARTIAL.m]);
    if (m === -Infinity) return; // identity: -inf - -inf would be NaN
    const [mine, other] = [Math.exp(this.m - m), Math.exp(partial[PARTIAL.m] - m)];
    this.m = m;
    this.l = mine * this.l + other * partial[PARTIAL.l];
    for (let j = 0; j < this.acc.length; j++) {
      this.acc[j] = mine * this.acc[j] + other * partial[PARTIAL_HEADER + j];
    }
  }
}

/** Zeros when there is nothing to divide: no atoms, or no atom with a value. */
function quotient(numerator: Sum, denominator: Sum): Float64Array {
  if (numerator.m === -Infinity || denominator.l === 0) return numerator.acc.fill(0);
  const factor = Math.exp(numerator.m - denominator.m) / denominator.l;
  return numerator.acc.map((x) => x * factor);
}

type Totals = Record<'max' | 'sum' | 'squares' | 'pairs' | 'flops' | 'ns' | 'start', number>;

function count(totals: Totals, partial: Float64Array): void {
  totals.max = Math.max(totals.max, partial[PARTIAL.max]);
  totals.sum += partial[PARTIAL.sum];
  totals.squares += partial[PARTIAL.squares];
  totals.pairs += partial[PARTIAL.pairs];
  totals.flops += partial[PARTIAL.flops];
  totals.ns += partial[PARTIAL.ns];
  totals.start = Math.min(totals.start, partial[PARTIAL.start]);
}
