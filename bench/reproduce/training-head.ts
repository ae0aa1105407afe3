import { randomStream, type Random } from '../../src/core/random.js';
import { matrixOf, type DenseMatrix } from '../../src/lab/matrix.js';
import type { AttentionOptions } from '../../src/lab/training/attention.js';
import type { TrainingInputs, TrainingWeights } from '../../src/lab/training/problem.js';

/** How the entries of queries and keys are drawn: each ±B by a fair coin, or uniform between −B and B. */
export type Entries = 'signs' | 'uniform';

/** A head to train, with its scale 1/d. */
export interface TrainingHead {
  readonly inputs: TrainingInputs;
  readonly weights: TrainingWeights;
  readonly options: AttentionOptions;
}

/** What a head is drawn from. */
export interface HeadShape {
  readonly n: number;
  readonly d: number;
  readonly entries: Entries;
  /** Of queries and keys: no entry is larger. Scores are at most B³, as the scale is 1/d. */
  readonly B: number;
  readonly causal?: boolean;
}

/**
 * Cross-attention of five inputs. Weights are the identity, so that the paper's condition ‖A1·X1‖∞, ‖A2·X2‖∞, ‖A3·X3‖∞ ≤ B is
 * one on the inputs; values and what is wanted are Gaussian.
 */
export function trainingHead(seed: number, { n, d, entries, B, causal = false }: HeadShape): TrainingHead {
  const random = randomStream(seed, 'training', entries);
  const bounded = () =>
    matrixOf(n, d, () => B * (entries === 'signs' ? sign(random) : 2 * random.uniform() - 1));
  const gaussian = () => matrixOf(n, d, () => random.gaussian());
  const [a1, a2, a3, a4, a5, e] = [bounded(), bounded(), bounded(), gaussian(), gaussian(), gaussian()];
  const one = matrixOf(d, d, (i, j) => (i === j ? 1 : 0));
  return {
    inputs: { a1, a2, a3, a4, a5, e },
    weights: { x1: one, x2: one, x3: one, y1: one, y2: one },
    options: { scale: 1 / d, causal },
  };
}

const sign = (random: Random) => (random.below(2) === 0 ? -1 : 1);

/** The largest difference of the gradients by x1, x2 and x3, over the largest entry of the exact ones. */
export function gradientError(fast: TrainingWeights, exact: TrainingWeights): number {
  let [difference, size] = [0, 0];
  for (const name of ['x1', 'x2', 'x3'] as const) {
    const [one, other]: readonly DenseMatrix[] = [fast[name], exact[name]];
    other.data.forEach((x, at) => {
      difference = Math.max(difference, Math.abs(one.data[at] - x));
      size = Math.max(size, Math.abs(x));
    });
  }
  return difference / size;
}
