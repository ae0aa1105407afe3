import {
  DESCENT,
  descendMask,
  leastStableLambda,
  pruneByMask,
  type DescentOptions,
} from '../../src/lab/pruning/algorithm-1.js';
import {
  attentionMatrix,
  relativeError,
  type AttentionProblem,
  type ProjectionPair,
} from '../../src/lab/pruning/attention.js';
import { curvature } from '../../src/lab/pruning/descent.js';
import { maskLoss } from '../../src/lab/pruning/mask-loss.js';
import { lowRankInstance } from '../../src/lab/pruning/low-rank.js';
import { magnitude } from '../../src/lab/pruning/magnitude.js';
import type { Pruned } from '../../src/lab/pruning/masks.js';
import { saliency } from '../../src/lab/pruning/saliency.js';
import { sparseGpt } from '../../src/lab/pruning/sparse-gpt.js';
import { wanda } from '../../src/lab/pruning/wanda.js';
import { multiply, multiplyTranspose } from '../../src/lab/matrix.js';
import { randomStream } from '../../src/core/random.js';

/** One instance of section 6.1: sizes, and what W_Q and W_K are multiplied by. */
export interface Setting {
  readonly n: number;
  readonly d: number;
  readonly size: number;
  readonly ratio: number;
}

/** |A − f|²/|A|² of every method, means over draws; gradient descent per λ. */
export interface PruningErrors {
  /** Standard deviation of the scores, mean over draws. */
  readonly R: number;
  readonly baselines: Readonly<Record<Baseline, number>>;
  /** With a step that backtracks, on the fused W. */
  readonly descent: readonly number[];
  /** The same on W_Q and W_K, two masks. */
  readonly twoMasks: readonly number[];
  /** With the step of the paper, 0.1/λ, and momentum. */
  readonly fixed: readonly number[];
  /** L, the largest curvature of the loss without λ at M = 1, and the λ above which 0.1/λ is stable; 0 if not asked for. */
  readonly curvature: number;
  readonly stable: number;
}

export const BASELINES = ['wanda', 'sparseGpt', 'magnitude', 'saliency', 'fused', 'fusedSaliency'] as const;
export type Baseline = (typeof BASELINES)[number];

/** Which descents to run; the others' errors are empty. */
export interface Descents {
  readonly lambdas: readonly number[];
  /** With a step that backtracks, on the fused W; unless said otherwise. */
  readonly fused?: boolean;
  readonly twoMasks?: boolean;
  readonly fixed?: boolean;
}

const SEED = 81;

/** Errors of all methods on `draws` instances. */
export function pruningErrors(setting: Setting, descents: Descents, draws: number): PruningErrors {
  const found = Array.from({ length: draws }, (_, draw) => onOneDraw(setting, descents, draw));
  const mean = (pick: (one: PruningErrors) => number) =>
    found.reduce((sum, one) => sum + pick(one), 0) / draws;
  const means = (list: 'descent' | 'twoMasks' | 'fixed') =>
    found[0][list].map((_, i) => mean((one) => one[list][i]));
  return {
    R: mean(({ R }) => R),
    baselines: Object.fromEntries(
      BASELINES.map((name) => [name, mean(({ baselines }) => baselines[name])]),
    ) as PruningErrors['baselines'],
    ...{ curvature: mean((one) => one.curvature), stable: mean((one) => one.stable) },
    ...{ descent: means('descent'), twoMasks: means('twoMasks'), fixed: means('fixed') },
  };
}

function onOneDraw(setting: Setting, descents: Descents, draw: number): PruningErrors {
  const { n, d, size, ratio } = setting;
  const { lambdas, fused: one = true, twoMasks: two = false, fixed = false } = descents;
  const { x, q, k } = lowRankInstance(randomStream(SEED, 'pruning', n, d, size, draw), setting);
  const fused = { x, weights: [multiplyTranspose(q, k)], scale: 1 } as const;
  const factors = { x, weights: [q, k], scale: 1 } as const;
  const exact = attentionMatrix(fused);
  const errorOf = (pruned: readonly Pruned[]) => {
    const weights = pruned.map(({ weight }) => weight) as unknown as ProjectionPair;
    return relativeError(exact, attentionMatrix({ ...fused, weights }));
  };
  const descend = (problem: typeof fused | typeof factors, step: DescentOptions['step']) =>
    lambdas.map((lambda) => {
      const { point } = descendMask(problem, { ...DESCENT, step, lambda });
      return errorOf(pruneByMask(problem.weights, point, ratio));
    });
  return {
    R: deviation(multiplyTranspose(multiply(x, fused.weights[0]), x).data),
    baselines: {
      wanda: errorOf([wanda(x, q, ratio), wanda(x, k, ratio)]),
      sparseGpt: errorOf([sparseGpt(x, q, ratio), sparseGpt(x, k, ratio)]),
      magnitude: errorOf([magnitude(q, ratio), magnitude(k, ratio)]),
      saliency: errorOf(saliency(factors, ratio)),
      fused: errorOf([magnitude(fused.weights[0], ratio)]),
      fusedSaliency: errorOf(saliency(fused, ratio)),
    },
    descent: one ? descend(fused, 'backtracking') : [],
    twoMasks: two ? descend(factors, 'backtracking') : [],
    fixed: fixed ? descend(fused, 'fixed') : [],
    ...(fixed ? stabilityOf(fused) : { curvature: 0, stable: 0 }),
  };
}

function stabilityOf(problem: AttentionProblem) {
  const loss = maskLoss(problem, 0);
  const found = curvature(loss, new Float64Array(loss.size).fill(1));
  return { curvature: found, stable: leastStableLambda(found, DESCENT.momentum) };
}

function deviation(scores: Float64Array): number {
  const mean = scores.reduce((sum, s) => sum + s, 0) / scores.length;
  return Math.sqrt(scores.reduce((sum, s) => sum + (s - mean) ** 2, 0) / scores.length);
}
