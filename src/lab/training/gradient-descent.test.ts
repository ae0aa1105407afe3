import { expect, it } from 'vitest';
import { isFailure } from '../../core/failure.js';
import { zeros } from '../matrix.js';
import { problem } from '../testing/problems.js';
import { exactAttention } from './exact-attention.js';
import { gradientDescent, type TrainingProblem } from './gradient-descent.js';
import { projectRows } from './problem.js';

const made = (causal = false): TrainingProblem => ({
  ...problem({ seed: 11, n: 6, d: 3, causal }),
  attention: exactAttention,
});

/** What the failure says of the first `steps` steps. */
function refusal(training: TrainingProblem, rate = 0.1, steps = 1): readonly [code: string, what: string] {
  const descent = gradientDescent(training, rate);
  try {
    for (let i = 0; i < steps; i++) descent.next();
  } catch (error) {
    if (isFailure(error)) return [error.code, error.what];
    throw error;
  }
  throw new Error('nothing was refused');
}

it.each([
  ['unmasked', false, 0.95],
  ['causal', true, 0.1],
] as const)('lowers the loss at every step (%s)', (_, causal, share) => {
  const training = made(causal);
  const teacher = projectRows(training.inputs, problem({ seed: 12, n: 6, d: 3 }).weights);
  const inputs = { ...training.inputs, e: exactAttention(training.options).forward(teacher) };
  const descent = gradientDescent({ ...training, inputs }, 0.1);
  const losses = Array.from({ length: 60 }, () => descent.next().value.loss);
  for (let i = 1; i < losses.length; i++) expect(losses[i]).toBeLessThan(losses[i - 1]);
  expect(losses[59]).toBeLessThan(share * losses[0]);
});

it('leaves the weights that it was given', () => {
  const training = made();
  const before = structuredClone(training.weights);
  expect(gradientDescent(training, 0.1).next().value.weights).not.toEqual(before);
  expect(training.weights).toEqual(before);
});

it('names the step and the matrix where weights are too large, and says what to do', () => {
  const [code, what] = refusal(made(), 1e200, 20);
  expect(code).toBe('bad-weights');
  expect(what).toMatch(
    /^step [1-9]\d*: (weight|gradient of) [xy][123] has (NaN|-?Infinity) in row \d, column \d$/,
  );
});

it.each(['x1', 'x2', 'x3', 'y1', 'y2'] as const)('refuses NaN in weight %s', (name) => {
  const training = made();
  training.weights[name].data[5] = NaN;
  expect(refusal(training)).toEqual(['bad-weights', `step 0: weight ${name} has NaN in row 1, column 2`]);
});

it('refuses gradients that are not finite although weights are', () => {
  const training = made();
  training.weights.y1.data.fill(1e300);
  const [code, what] = refusal(training);
  expect([code, what.slice(0, 20)]).toEqual(['bad-weights', 'step 0: gradient of ']);
});

it('refuses weights of another shape by name', () => {
  const training = made();
  const weights = { ...training.weights, x3: zeros(3, 4) };
  const expected = ['bad-weights', 'step 0: weight x3 is 3 × 4, and must be 3 × 3'];
  expect(refusal({ ...training, weights })).toEqual(expected);
});

it.each([
  ['a1', zeros(0, 3), /a1, a2 and a3 is empty/],
  ['a2', zeros(6, 4), /a2 is 6 × 4, and must be 6 × 3/],
  ['a3', zeros(6, 2), /a3 is 6 × 2, and must be 6 × 3/],
  ['a4', zeros(5, 3), /a4 is 5 × 3, and must be 6 × 3/],
  ['a5', zeros(5, 3), /a5 is 5 × 3, and must be 6 × 3/],
  ['e', zeros(7, 3), /e is 7 × 3, and must be 6 × 3/],
  ['e', { rows: 6, columns: 3, data: new Float64Array(17) }, /e is 6 × 3 and holds 17 numbers/],
  ['a4', { rows: 6, columns: 3, data: new Float64Array(18).fill(-Infinity) }, /a4 has -Infinity in row 0/],
  ['a5', { rows: 6, columns: 3, data: new Float64Array(18).fill(NaN) }, /a5 has NaN in row 0, column 0/],
] as const)('refuses training input %s (%#)', (name, matrix, expected) => {
  const training = made();
  const [code, what] = refusal({ ...training, inputs: { ...training.inputs, [name]: matrix } });
  expect(code).toBe('bad-input');
  expect(what).toMatch(expected);
});

it('refuses a causal head over sides of other lengths, a scale and a rate', () => {
  const sides = { ...made(), ...problem({ seed: 1, n: 4, d: 2, sides: [4, 5], causal: true }) };
  expect(refusal(sides)).toEqual([
    'bad-input',
    'training inputs a1, a2 and a3 have 4, 4 and 5 rows, and causal attention needs one length',
  ]);
  expect(refusal({ ...made(), options: { scale: 0, causal: false } })[1]).toMatch(/^scale 0 is not/);
  for (const rate of [0, -1, NaN, Infinity])
    expect(refusal(made(), rate)[1]).toBe(`training rate ${rate} is not a positive number`);
});
