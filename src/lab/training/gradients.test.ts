import { describe, expect, it } from 'vitest';
import { dot, rowOf } from '../matrix.js';
import { differences } from '../testing/differences.js';
import { expectClose } from '../testing/matrices.js';
import { problem, type Problem, type ProblemShape } from '../testing/problems.js';
import { closedForm } from './closed-form.js';
import { exactAttention } from './exact-attention.js';
import { jointGradients } from './joint-gradients.js';
import { joinWeights, splitGradients } from './joint-weights.js';
import { lossGradients, lossOf } from './loss.js';
import { projectRows, WEIGHT_NAMES } from './problem.js';

const shapes: readonly ProblemShape[] = [
  { seed: 1, n: 6, d: 3 },
  { seed: 2, n: 6, d: 3, causal: true },
  { seed: 3, n: 5, d: 4, cross: false },
  { seed: 4, n: 5, d: 4, cross: false, causal: true },
  { seed: 5, n: 4, d: 2, sides: [3, 7] },
  { seed: 6, n: 7, d: 1, size: 1.5 },
];
const name = ({ n, d, sides, causal, cross }: ProblemShape) =>
  `n = ${n}, d = ${d}${sides ? `, sides of ${sides.join(' and ')}` : ''}, ${cross === false ? 'self' : 'cross'}, ${causal ? 'causal' : 'unmasked'}`;

/** ½·‖O − E‖² as anybody would write it down. */
function definition({ inputs, weights, options: { scale, causal } }: Problem): number {
  const { q, k1, k2, v1, v2 } = projectRows(inputs, weights);
  let loss = 0;
  for (let j = 0; j < q.rows; j++) {
    let sum = 0;
    const output = new Float64Array(q.columns);
    for (let a = 0; a < (causal ? j + 1 : k1.rows); a++) {
      for (let b = 0; b < (causal ? j + 1 : k2.rows); b++) {
        const key = rowOf(k1, a).map((x, t) => x * rowOf(k2, b)[t]);
        const weight = Math.exp(scale * dot(rowOf(q, j), key));
        sum += weight;
        output.forEach((_, t) => (output[t] += weight * rowOf(v1, a)[t] * rowOf(v2, b)[t]));
      }
    }
    output.forEach((x, t) => (loss += (x / sum - rowOf(inputs.e, j)[t]) ** 2 / 2));
  }
  return loss;
}

describe.each(shapes.map((shape) => [name(shape), shape] as const))('%s', (_, shape) => {
  const made = problem(shape);
  const { inputs, weights, options } = made;
  const attention = exactAttention(options);
  const [joint, exact] = [joinWeights(weights), lossGradients(inputs, weights, attention)];
  const closed = closedForm(inputs, joint, options);

  it('the loss is that of Definition 3.10, in every form', () => {
    const expected = definition(made);
    expect(expected).toBeGreaterThan(0.1);
    const losses = [lossOf(inputs, weights, attention), exact.loss, closed.loss];
    for (const loss of [...losses, jointGradients(inputs, joint, options).loss]) {
      expect(Math.abs(loss / expected - 1)).toBeLessThan(1e-13);
    }
  });

  it.each(WEIGHT_NAMES)('the gradient by %s is that of differences, to 1e-7', (weight) => {
    const numeric = differences(weights[weight], () => lossOf(inputs, weights, attention));
    expectClose(exact.gradients[weight], numeric, 1e-7);
  });

  it.each(['x', 'y'] as const)('the closed form by %s is that of differences, to 1e-7', (weight) => {
    const numeric = differences(joint[weight], () => jointGradients(inputs, joint, options).loss);
    expectClose(closed.gradients[weight], numeric, 1e-7);
  });

  it('streaming gradients are those of the closed form, to 1e-13', () => {
    const streamed = jointGradients(inputs, joint, options).gradients;
    for (const weight of ['x', 'y'] as const) {
      expectClose(streamed[weight], closed.gradients[weight], 1e-13);
    }
    const split = splitGradients(closed.gradients, weights);
    for (const weight of WEIGHT_NAMES) expectClose(exact.gradients[weight], split[weight], 1e-13);
  });
});

it('gradients by X and Y hold where these have no factors', () => {
  const { inputs, weights, options } = problem({ seed: 7, n: 5, d: 3 });
  const joint = joinWeights(weights);
  joint.x.data.forEach((x, at) => (joint.x.data[at] = x + Math.cos(at * at)));
  joint.y.data.forEach((y, at) => (joint.y.data[at] = y - Math.sin(at * at)));
  const { gradients } = jointGradients(inputs, joint, options);
  for (const weight of ['x', 'y'] as const) {
    const numeric = differences(joint[weight], () => closedForm(inputs, joint, options).loss);
    expectClose(gradients[weight], numeric, 1e-7);
    expectClose(gradients[weight], closedForm(inputs, joint, options).gradients[weight], 1e-13);
  }
});

it('a query of a causal head gets nothing from later rows', () => {
  const { inputs, weights, options } = problem({ seed: 8, n: 6, d: 3, causal: true });
  const rows = projectRows(inputs, weights);
  const attention = exactAttention(options);
  const before = attention.forward(rows);
  for (const late of [rows.k1, rows.k2, rows.v1, rows.v2]) rowOf(late, 4).fill(9);
  const after = attention.forward(rows);
  for (let j = 0; j < 4; j++) expect(rowOf(after, j)).toEqual(rowOf(before, j));
  expect(rowOf(after, 4)).not.toEqual(rowOf(before, 4));
});

it('does not overflow at scores of thousands', () => {
  const { inputs, weights, options } = problem({ seed: 9, n: 5, d: 2, size: 20 });
  const { loss, gradients } = lossGradients(inputs, weights, exactAttention(options));
  expect(loss).toBeGreaterThan(0);
  for (const weight of WEIGHT_NAMES) expect(gradients[weight].data.every(Number.isFinite)).toBe(true);
});
