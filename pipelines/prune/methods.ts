import { Failure } from '../../src/core/failure.js';
import type { DenseMatrix } from '../../src/lab/matrix.js';
import { pruneByDescent, type DescentOptions } from '../../src/lab/pruning/algorithm-1.js';
import { attentionMatrix, relativeError } from '../../src/lab/pruning/attention.js';
import { magnitude } from '../../src/lab/pruning/magnitude.js';
import type { Pruned } from '../../src/lab/pruning/masks.js';
import { saliency } from '../../src/lab/pruning/saliency.js';
import { sparseGpt } from '../../src/lab/pruning/sparse-gpt.js';
import { wanda } from '../../src/lab/pruning/wanda.js';

/** How to prune. */
export interface PruneSettings {
  readonly method: PruneMethod;
  readonly ratio: number;
  /** Values of λ that gradient descent tries; each head keeps the best. */
  readonly lambdas: readonly number[];
  readonly descent: Omit<DescentOptions, 'lambda'>;
}

/** What a method gets: inputs (n × in), the projections of one head, (in × d) each, and the factor on scores. */
export interface HeadProblem {
  readonly x: DenseMatrix;
  readonly projections: readonly DenseMatrix[];
  readonly scale: number;
}

/** The projections of one head after pruning, in their order. */
export interface PrunedHead {
  readonly projections: readonly Pruned[];
  /** The λ that was best; null for other methods. */
  readonly lambda: number | null;
}

type Prune = (problem: HeadProblem, settings: PruneSettings) => PrunedHead;

const alone =
  (prune: (x: DenseMatrix, w: DenseMatrix, ratio: number) => Pruned): Prune =>
  ({ x, projections }, { ratio }) => ({
    projections: projections.map((w) => prune(x, w, ratio)),
    lambda: null,
  });

/** `pairs`: whether it also prunes tensor order, each projection by itself. The others need the attention matrix. */
const METHODS = {
  gd: { prune: bestDescent, pairs: false },
  saliency: {
    prune: (problem, { ratio }) => ({ projections: saliency(pairOf(problem), ratio), lambda: null }),
    pairs: false,
  },
  wanda: { prune: alone(wanda), pairs: true },
  sparsegpt: { prune: alone(sparseGpt), pairs: true },
  magnitude: { prune: alone((_, w, ratio) => magnitude(w, ratio)), pairs: true },
} as const satisfies Record<string, { readonly prune: Prune; readonly pairs: boolean }>;

/** Names of methods, as users say them. */
export type PruneMethod = keyof typeof METHODS;

/** All of them. */
export const PRUNE_METHODS = Object.keys(METHODS) as readonly PruneMethod[];

/** Prune the projections of one head. */
export function pruneHead(problem: HeadProblem, settings: PruneSettings): PrunedHead {
  return METHODS[settings.method].prune(problem, settings);
}

/**
 * The method that was asked for, or the one for this order: gradient descent is what `prune` is about, and in tensor order, where
 * it has no meaning, sparsegpt leaves the least error of the others on the models that come with kronflow.
 *
 * @throws Failure `bad-option` for a method that has no meaning in tensor order
 */
export function chooseMethod(
  asked: PruneMethod | undefined,
  order: 'tensor' | 'matrix',
  path: string,
): PruneMethod {
  const method = asked ?? (order === 'matrix' ? 'gd' : 'sparsegpt');
  if (order === 'matrix' || METHODS[method].pairs) return method;
  const others = PRUNE_METHODS.filter((name) => METHODS[name].pairs);
  throw new Failure(
    'bad-option',
    `--method ${method}: ${path} is of tensor order, but the attention matrix that it prunes for is that of matrix order`,
    `use ${others.join(', ')}: they prune each projection by itself`,
  );
}

/** Two masks, of W_Q and W_K: a fused W would not fit where weights are read, and its keys would be wider. */
function bestDescent(problem: HeadProblem, { ratio, lambdas, descent }: PruneSettings): PrunedHead {
  const pair = pairOf(problem);
  const exact = attentionMatrix(pair);
  const tried = lambdas.map((lambda) => {
    const { pruned } = pruneByDescent(pair, ratio, { ...descent, lambda });
    const weights = [pruned[0].weight, pruned[1].weight] as const;
    return {
      projections: pruned,
      lambda,
      error: relativeError(exact, attentionMatrix({ ...pair, weights })),
    };
  });
  const { projections, lambda } = tried.reduce((best, one) => (one.error < best.error ? one : best));
  return { projections, lambda };
}

function pairOf({ x, projections, scale }: HeadProblem) {
  const [q, k] = projections;
  return { x, weights: [q, k] as const, scale };
}
