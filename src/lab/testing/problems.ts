import { randomStream } from '../../core/random.js';
import type { AttentionOptions } from '../training/attention.js';
import { selfAttention, type TrainingInputs, type TrainingWeights } from '../training/problem.js';
import { gaussian } from './matrices.js';

/** A head to train: inputs, weights and how it attends. */
export interface Problem {
  readonly inputs: TrainingInputs;
  readonly weights: TrainingWeights;
  readonly options: AttentionOptions;
}

/** What `problem` makes, and how large its numbers are. */
export interface ProblemShape {
  readonly seed: number;
  readonly n: number;
  /** Rows of side 1 and 2; those of queries unless said otherwise. */
  readonly sides?: readonly [number, number];
  readonly d: number;
  readonly causal?: boolean;
  /** Cross-attention of five inputs; or all five are one. */
  readonly cross?: boolean;
  /** Standard deviation of inputs and weights. */
  readonly size?: number;
}

/** Gaussian inputs and weights, scale 1/d. */
export function problem(shape: ProblemShape): Problem {
  const { seed, n, d, sides: [n1, n2] = [n, n], causal = false, cross = true, size = 0.7 } = shape;
  const random = randomStream(seed, 'training');
  const rows = (count: number) => gaussian(random, count, d, size);
  const [a, e] = [rows(n), rows(n)];
  const inputs = cross
    ? { a1: a, a2: rows(n1), a3: rows(n2), a4: rows(n1), a5: rows(n2), e }
    : selfAttention(a, e);
  const weights = { x1: rows(d), x2: rows(d), x3: rows(d), y1: rows(d), y2: rows(d) };
  return { inputs, weights, options: { scale: 1 / d, causal } };
}
