import type { AttendJob } from '../src/core/plan.js';
import type { Answer } from '../src/core/pool.js';
import { addScores, clearPartial, lnSum, PARTIAL, PARTIAL_HEADER, partialLength } from './kernels/partial.js';

const totals = new Float64Array(partialLength(0)); // of the request that is merged: to make one takes as long as a tile
const NONE = new Float64Array(0);

// A vector of its own costs ten times as much as a part of a larger one: memory from the system, and a finaliser each.
const SLAB = 4096;
let slab = new Float64Array(SLAB);
let used = 0;

/** A vector of zeros that nobody else has, (d). */
function zeros(d: number): Float64Array {
  if (used + d > SLAB) [slab, used] = [new Float64Array(SLAB), 0];
  return slab.subarray(used, (used += d));
}

/** The partial of one tile and what its job adds to. */
export interface TilePartial {
  readonly role: AttendJob['role'];
  readonly partial: Float64Array;
}

/**
 * Merge the partials of one request in the order given, which is the order of the tiles: the result does not
 * depend on who computed what (math.md 1.3). Numerator and denominator may come from different jobs. Where a score
 * was no number, output and lse are NaN: an answer that is not known must not look like zeros.
 *
 * `costs` are the partials of product and measuring tiles: they only cost time and operations.
 */
export function mergePartials(
  d: number,
  tiles: readonly TilePartial[],
  costs: readonly Float64Array[],
  submitted: number,
): Answer {
  const [numerator, denominator] = [new Sum(d), new Sum(0)];
  clearPartial(totals);
  totals[PARTIAL.start] = Infinity;
  for (const partial of costs) count(partial);
  for (const { role, partial } of tiles) {
    if (role !== 'denominator') numerator.add(partial);
    if (role !== 'numerator') denominator.add(partial);
    count(partial);
  }
  const [start, pairs, rest] = [totals[PARTIAL.start], totals[PARTIAL.pairs], totals[PARTIAL.rest]];
  const lse = logOf(denominator);
  return {
    output: quotient(numerator, denominator),
    lse,
    weightNorm: Math.sqrt(denominator.squares) / denominator.l,
    maxScore: totals[PARTIAL.max],
    scoreMean: pairs === 0 ? NaN : totals[PARTIAL.mean],
    scoreStd: Math.sqrt(totals[PARTIAL.m2] / pairs),
    pairs,
    rest: rest === -Infinity ? 0 : Math.exp(rest - lse),
    flops: totals[PARTIAL.flops],
    attend_ns: totals[PARTIAL.ns],
    queue_ns: start === Infinity ? 0 : Math.max(0, start - submitted), // no tile: no queue
  };
}

/**
 * The answer over all combinations of what each factor attended to, where scores add and values multiply: the softmax
 * is the product of theirs, and their scores are independent. `pairs` and costs add up: combinations are not scored.
 */
export function multiplyAnswers(factors: readonly Answer[]): Answer {
  return factors.reduce((a, b) => ({
    output: a.output.map((x, j) => x * b.output[j]),
    lse: a.lse + b.lse,
    weightNorm: a.weightNorm * b.weightNorm,
    maxScore: a.maxScore + b.maxScore,
    scoreMean: a.scoreMean + b.scoreMean,
    scoreStd: Math.hypot(a.scoreStd, b.scoreStd),
    pairs: a.pairs + b.pairs,
    rest: (1 + a.rest) * (1 + b.rest) - 1,
    flops: a.flops + b.flops,
    attend_ns: a.attend_ns + b.attend_ns,
    queue_ns: Math.min(a.queue_ns, b.queue_ns),
  }));
}

/** e^m · (l, acc): a running sum that never overflows. */
class Sum {
  m = -Infinity;
  l = 0;
  squares = 0;
  readonly acc: Float64Array;
  constructor(d: number) {
    this.acc = d === 0 ? NONE : zeros(d);
  }

  add(partial: Float64Array): void {
    const m = Math.max(this.m, partial[PARTIAL.m]); // NaN, if either is
    if (m === -Infinity) return void (this.l += partial[PARTIAL.l]); // identity, l = 0: -inf - -inf would be NaN
    const mine = Math.exp(this.m - m);
    const other = Math.exp(partial[PARTIAL.m] - m);
    this.m = m;
    this.l = mine * this.l + other * partial[PARTIAL.l];
    this.squares = mine * mine * this.squares + other * other * partial[PARTIAL.squares];
    for (let j = 0; j < this.acc.length; j++) {
      this.acc[j] = mine * this.acc[j] + other * partial[PARTIAL_HEADER + j];
    }
  }
}

/** ln of the denominator; −∞ where there is nothing, or where an estimate of it is not positive. */
function logOf({ m, l }: Sum): number {
  return l <= 0 ? -Infinity : m + Math.log(l);
}

/**
 * Zeros when there is nothing to divide: no atoms, or no atom with a value. Nor can a denominator divide that is
 * estimated by a polynomial and comes out at 0 or below (math.md 9).
 */
function quotient(numerator: Sum, denominator: Sum): Float64Array {
  if (Number.isNaN(numerator.l) || Number.isNaN(denominator.l)) return numerator.acc.fill(NaN);
  if (numerator.m === -Infinity || denominator.l <= 0) return numerator.acc.fill(0);
  const factor = Math.exp(numerator.m - denominator.m) / denominator.l;
  for (let j = 0; j < numerator.acc.length; j++) numerator.acc[j] *= factor;
  return numerator.acc;
}

/** Add what a tile measured to `totals`. */
function count(partial: Float64Array): void {
  totals[PARTIAL.max] = Math.max(totals[PARTIAL.max], partial[PARTIAL.max]);
  addScores(totals, partial[PARTIAL.pairs], partial[PARTIAL.mean], partial[PARTIAL.m2]);
  totals[PARTIAL.rest] = lnSum(totals[PARTIAL.rest], partial[PARTIAL.rest]);
  totals[PARTIAL.flops] += partial[PARTIAL.flops];
  totals[PARTIAL.ns] += partial[PARTIAL.ns];
  totals[PARTIAL.start] = Math.min(totals[PARTIAL.start], partial[PARTIAL.start]);
}
