import { isFailure } from '../../src/core/failure.js';
import { monomialCount } from '../../src/core/monomial-count.js';
import { exactAttention } from '../../src/lab/training/exact-attention.js';
import { lossGradients } from '../../src/lab/training/loss.js';
import { lowRankAttention } from '../../src/lab/training/low-rank-attention.js';
import { gradientError, trainingHead, type Entries } from './training-head.js';
import { processorTimes } from './training-time.js';

const [N, D, SEED] = [64, 4, 7];
/** Length at which both gradients are timed to say from which one low rank pays. */
const TIMED_AT = 192;
const HALVINGS = 8; // of a range of 16 on a log scale: B to 0.6 %
const LARGEST = 8;

/** The error of one degree at one bound. */
export interface BoundCell {
  readonly entries: Entries;
  readonly B: number;
  readonly degree: number;
  /** Infinity where weights do not sum to a positive number. */
  readonly error: number;
}

/** Bounds and degrees of the table. */
export const BOUNDS = [0.5, 0.75, 1, 1.25, 1.5, 2, 2.5, 3] as const;
export const DEGREES = [2, 4, 8, 16] as const;

/** Errors of the gradient by x1, x2 and x3 for every bound on entries and every degree. */
export function boundTable(
  bounds: readonly number[] = BOUNDS,
  degrees: readonly number[] = DEGREES,
): readonly BoundCell[] {
  return (['signs', 'uniform'] as const).flatMap((entries) =>
    bounds.flatMap((B) =>
      degrees.map((degree) => ({ entries, B, degree, error: errorAt(entries, B, degree) })),
    ),
  );
}

function errorAt(entries: Entries, B: number, degree: number): number {
  const { inputs, weights, options } = trainingHead(SEED, { n: N, d: D, entries, B });
  const exact = lossGradients(inputs, weights, exactAttention(options)).gradients;
  try {
    const fast = lossGradients(inputs, weights, lowRankAttention({ ...options, degree })).gradients;
    return gradientError(fast, exact);
  } catch (error) {
    if (isFailure(error)) return Infinity;
    throw error;
  }
}

/** How far one degree goes. */
export interface Reach {
  readonly degree: number;
  readonly monomials: number;
  /** The bound B at which the error passes 1 % and 10 %, entries ±B. */
  readonly onePercent: number;
  readonly tenPercent: number;
  /** The n from which low rank takes less time than exact, by times at one n and their powers of n. */
  readonly paysFrom: number;
}

/** For every degree the entries it can bear, and the length from which it is faster. */
export function reachTable(degrees: readonly number[]): readonly Reach[] {
  const rows: Reach[] = [];
  const exactMs = timeOf(null);
  for (const degree of degrees) {
    const ms = timeOf(degree);
    rows.push({
      ...{ degree, monomials: monomialCount(D, degree) },
      ...{ onePercent: boundFor(degree, 0.01), tenPercent: boundFor(degree, 0.1) },
      paysFrom: TIMED_AT * Math.sqrt(ms / exactMs),
    });
  }
  return rows;
}

/** The bound at which the error passes `most`, by halving on a log scale. */
function boundFor(degree: number, most: number): number {
  let [low, high] = [LARGEST / 16, LARGEST];
  for (let i = 0; i < HALVINGS; i++) {
    const middle = Math.sqrt(low * high);
    if (errorAt('signs', middle, degree) <= most) low = middle;
    else high = middle;
  }
  return Math.sqrt(low * high);
}

/** Milliseconds of a gradient of a degree; null: of the exact one. */
function timeOf(degree: number | null): number {
  const { inputs, weights, options } = trainingHead(SEED, { n: TIMED_AT, d: D, entries: 'signs', B: 1 });
  const attention = degree === null ? exactAttention(options) : lowRankAttention({ ...options, degree });
  return processorTimes({ it: () => lossGradients(inputs, weights, attention) }, 3).it;
}
