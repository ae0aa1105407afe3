import { Failure } from '../../core/failure.js';
import { combine } from '../matrix.js';
import type { Attention, AttentionOptions } from './attention.js';
import { lossGradients } from './loss.js';
import {
  checkGradients,
  checkInputs,
  checkWeights,
  WEIGHT_NAMES,
  type TrainingInputs,
  type TrainingWeights,
} from './problem.js';

/** Where gradient descent stands. */
export interface TrainingStep {
  /** From 0 on. */
  readonly step: number;
  /** Of the weights before the step. */
  readonly loss: number;
  /** After the step. */
  readonly weights: TrainingWeights;
}

/** What to train, and with which attention. */
export interface TrainingProblem {
  readonly inputs: TrainingInputs;
  readonly weights: TrainingWeights;
  readonly options: AttentionOptions;
  /** `exactAttention` or `lowRankAttention`. */
  readonly attention: (options: AttentionOptions) => Attention;
}

/**
 * Train a head on the loss of Definition 3.10 by plain gradient descent; the caller stops taking steps. Weights handed in are
 * not changed.
 *
 * @throws Failure `bad-input` or `bad-weights` that names the matrix, and the step where a number is NaN or infinite
 */
export function* gradientDescent(problem: TrainingProblem, rate: number): Generator<TrainingStep, never> {
  const { inputs, options } = problem;
  if (!(rate > 0 && rate < Infinity)) {
    throw new Failure('bad-option', `training rate ${rate} is not a positive number`, 'try 0.1');
  }
  checkInputs(inputs, options);
  const attention = problem.attention(options);
  let { weights } = problem;
  for (let step = 0; ; step++) {
    checkWeights(weights, inputs.a1.columns, step);
    const { loss, gradients } = lossGradients(inputs, weights, attention);
    checkGradients(gradients, step);
    weights = descend(weights, gradients, rate);
    yield { step, loss, weights };
  }
}

function descend(weights: TrainingWeights, gradients: TrainingWeights, rate: number): TrainingWeights {
  const moved = WEIGHT_NAMES.map((name) => {
    return [name, combine(weights[name], gradients[name], (x, slope) => x - rate * slope)] as const;
  });
  return Object.fromEntries(moved) as unknown as TrainingWeights;
}
