import { Failure } from '../../core/failure.js';
import type { DenseMatrix } from '../matrix.js';
import type { AttentionProblem } from './attention.js';
import { backtracking, curvature, heavyBall, largestStableStep, type Descent } from './descent.js';
import { maskLoss } from './mask-loss.js';
import { applyMask, checkRatio, maskOfSmallest, type Pruned } from './masks.js';

/** Settings of Algorithm 1. */
export interface DescentOptions {
  /** Weight of |M|² in the loss. */
  readonly lambda: number;
  readonly epochs: number;
  /** `fixed`: the step 0.1/λ of the paper with momentum. `backtracking`: no momentum, a step that lowers the loss. */
  readonly step: 'fixed' | 'backtracking';
  /** β of the fixed step; the paper's value is not known to us. */
  readonly momentum: number;
}

/** What math.md 8.3 runs with; λ has no good default, sweep it. */
export const DESCENT: Omit<DescentOptions, 'lambda'> = { epochs: 100, step: 'backtracking', momentum: 0.9 };

const PAPER_STEP = 0.1; // times 1/λ
/** Backtracking starts at so much of 1/λ. For two masks less than 1, which would land on M = 0, where their gradient is 0. */
const FIRST_STEP = { fused: 1, twoMasks: 0.1 };
const LEAST_LAMBDA = 1e-9;

/**
 * Algorithm 1 up to the real mask: from all ones, `epochs` of gradient descent on the loss of Definition 1.1. Masks of W_Q and
 * W_K follow each other. Does not ask whether the fixed step is stable: above that it gives what the paper's rule gives.
 *
 * @throws Failure `bad-input` naming the epoch whose gradient is no number
 */
export function descendMask(problem: AttentionProblem, options: DescentOptions): Descent {
  const { lambda, epochs, momentum } = options;
  const loss = maskLoss(problem, lambda);
  const ones = new Float64Array(loss.size).fill(1);
  if (options.step === 'fixed') return heavyBall(loss, ones, { step: PAPER_STEP / lambda, momentum, epochs });
  const first = problem.weights.length === 1 ? FIRST_STEP.fused : FIRST_STEP.twoMasks;
  return backtracking(loss, ones, { step: first / Math.max(lambda, LEAST_LAMBDA), epochs });
}

/**
 * Algorithm 1: descend, then prune exactly the wanted ratio of each matrix, smallest mask entries first.
 *
 * @throws Failure `bad-option` for a ratio outside [0, 1), or a λ whose fixed step diverges, naming the largest stable step;
 * `bad-input` naming the epoch whose gradient is no number
 */
export function pruneByDescent(
  problem: AttentionProblem,
  ratio: number,
  options: DescentOptions,
): { readonly pruned: readonly Pruned[]; readonly descent: Descent } {
  checkRatio(ratio);
  if (options.step === 'fixed') checkStability(problem, options);
  const descent = descendMask(problem, options);
  return { pruned: pruneByMask(problem.weights, descent.point, ratio), descent };
}

/** Binarise real masks that follow each other, one per matrix, and prune. */
export function pruneByMask(
  weights: readonly DenseMatrix[],
  masks: Float64Array,
  ratio: number,
): readonly Pruned[] {
  let at = 0;
  return weights.map((w) => {
    const real = { ...w, data: masks.subarray(at, (at += w.data.length)) };
    return applyMask(w, maskOfSmallest(real, ratio));
  });
}

/** math.md 8.4: heavy ball is stable where η·(L + λ) < 2·(1 + β). L is measured at M = 1, where descents start. */
function checkStability(problem: AttentionProblem, { lambda, momentum }: DescentOptions): void {
  const loss = maskLoss(problem, lambda);
  const steepest = curvature(loss, new Float64Array(loss.size).fill(1));
  const [step, most] = [PAPER_STEP / lambda, largestStableStep(steepest, momentum)];
  if (step < most) return;
  throw new Failure(
    'bad-option',
    `λ = ${lambda} diverges: its step 0.1/λ = ${short(step)} is above the largest stable step ${short(most)} ` +
      `(curvature ${short(steepest)}, momentum ${momentum})`,
    `take λ above ${short(leastStableLambda(steepest - lambda, momentum))}, or a step that backtracks`,
  );
}

/** The λ above which 0.1/λ is stable where the loss without λ has largest curvature `fit`. */
export function leastStableLambda(fit: number, momentum: number): number {
  return (PAPER_STEP * fit) / (2 * (1 + momentum) - PAPER_STEP);
}

const short = (x: number) => String(Number(x.toPrecision(3)));
