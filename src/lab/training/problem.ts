import { Failure } from '../../core/failure.js';
import { isScale, SCALE_RULE } from '../../core/shape.js';
import { multiply, type DenseMatrix } from '../matrix.js';
import type { AttentionOptions, AttentionRows } from './attention.js';
import { refuseNonFinite, refuseShape } from './checks.js';

/**
 * What a head is trained on (Definition 3.10): a1 (n × d) makes queries, a2 and a4 (n1 × d) keys and values of side 1, a3 and
 * a5 (n2 × d) those of side 2; e (n × d) is wanted. Self-attention: a1 to a5 are one matrix (`selfAttention`).
 */
export interface TrainingInputs {
  readonly a1: DenseMatrix;
  readonly a2: DenseMatrix;
  readonly a3: DenseMatrix;
  readonly a4: DenseMatrix;
  readonly a5: DenseMatrix;
  readonly e: DenseMatrix;
}

/** The weights of a head, (d × d) each: x1 of queries, x2 and x3 of keys, y1 and y2 of values. */
export interface TrainingWeights {
  readonly x1: DenseMatrix;
  readonly x2: DenseMatrix;
  readonly x3: DenseMatrix;
  readonly y1: DenseMatrix;
  readonly y2: DenseMatrix;
}

/** Names of the weights, in their order. */
export const WEIGHT_NAMES = ['x1', 'x2', 'x3', 'y1', 'y2'] as const;

/** Inputs that attend to themselves. */
export function selfAttention(a: DenseMatrix, e: DenseMatrix): TrainingInputs {
  return { a1: a, a2: a, a3: a, a4: a, a5: a, e };
}

/** Q = a1·x1, K1 = a2·x2, K2 = a3·x3, V1 = a4·y1, V2 = a5·y2: the swap rule of math.md 6.1. */
export function projectRows({ a1, a2, a3, a4, a5 }: TrainingInputs, weights: TrainingWeights): AttentionRows {
  const { x1, x2, x3, y1, y2 } = weights;
  return {
    ...{ q: multiply(a1, x1), k1: multiply(a2, x2), k2: multiply(a3, x3) },
    ...{ v1: multiply(a4, y1), v2: multiply(a5, y2) },
  };
}

/** @throws Failure `bad-input` with the name of the matrix, `bad-option` of the scale */
export function checkInputs(inputs: TrainingInputs, { scale, causal }: AttentionOptions): void {
  const { a1, a2, a3 } = inputs;
  const [d, n, n1, n2] = [a1.columns, a1.rows, a2.rows, a3.rows];
  if (!isScale(scale))
    throw new Failure('bad-option', `scale ${scale} is not ${SCALE_RULE}`, '1/d in the paper');
  if (a1.data.length * a2.data.length * a3.data.length === 0) {
    throw new Failure(
      'bad-input',
      'one of training inputs a1, a2 and a3 is empty',
      'give each a row and a column',
    );
  }
  const rows = { a1: n, a2: n1, a3: n2, a4: n1, a5: n2, e: n };
  for (const [name, matrix] of Object.entries(inputs) as [keyof TrainingInputs, DenseMatrix][]) {
    refuseShape('bad-input', `training input ${name}`, matrix, [rows[name], d]);
    refuseNonFinite('bad-input', `training input ${name}`, matrix, 'mend the data');
  }
  if (!causal || (n === n1 && n === n2)) return;
  const lengths = `training inputs a1, a2 and a3 have ${n}, ${n1} and ${n2} rows`;
  throw new Failure(
    'bad-input',
    `${lengths}, and causal attention needs one length`,
    'or attend without a mask',
  );
}

/** Shapes and numbers of `weights` before `step`. @throws Failure `bad-weights` with name and step */
export function checkWeights(weights: TrainingWeights, d: number, step: number): void {
  const hint = step === 0 ? 'start from numbers' : 'start again with a smaller rate';
  for (const name of WEIGHT_NAMES) {
    refuseShape('bad-weights', `step ${step}: weight ${name}`, weights[name], [d, d]);
    refuseNonFinite('bad-weights', `step ${step}: weight ${name}`, weights[name], hint);
  }
}

/** Numbers of the gradients of `step`. @throws Failure `bad-weights` with name and step */
export function checkGradients(gradients: TrainingWeights, step: number): void {
  for (const name of WEIGHT_NAMES) {
    const hint = 'weights have grown too large: start again with a smaller rate';
    refuseNonFinite('bad-weights', `step ${step}: gradient of ${name}`, gradients[name], hint);
  }
}
