import { describe, expect, it } from 'vitest';
import { isFailure } from '../../core/failure.js';
import { dot, minus, rowOf, scaled, type DenseMatrix } from '../matrix.js';
import { expectClose, relativeDifference } from '../testing/matrices.js';
import { problem, type Problem, type ProblemShape } from '../testing/problems.js';
import { zeroRows, type AttentionRows } from './attention.js';
import { closedForm } from './closed-form.js';
import { exactAttention } from './exact-attention.js';
import { joinWeights, splitGradients } from './joint-weights.js';
import { lossGradients } from './loss.js';
import { lowRankAttention } from './low-rank-attention.js';
import { lowRankGradientByX } from './low-rank-x.js';
import { projectRows, WEIGHT_NAMES } from './problem.js';

const shapes: readonly ProblemShape[] = [
  { seed: 21, n: 8, d: 3 },
  { seed: 22, n: 8, d: 3, causal: true },
  { seed: 23, n: 7, d: 2, cross: false },
  { seed: 24, n: 7, d: 2, cross: false, causal: true },
  { seed: 25, n: 5, d: 3, sides: [4, 9] },
];
const name = ({ n, d, sides, causal, cross }: ProblemShape) =>
  `n = ${n}, d = ${d}${sides ? `, sides of ${sides.join(' and ')}` : ''}, ${cross === false ? 'self' : 'cross'}, ${causal ? 'causal' : 'unmasked'}`;
const cases = shapes.map((shape) => [name(shape), shape] as const);

/** The names of rows, in their order. */
const ROWS = ['q', 'k1', 'k2', 'v1', 'v2'] as const;

/** Every pair of rows that a query sees, with its product of keys and its score. */
function* pairs({ q, k1, k2 }: AttentionRows, { scale, causal }: Problem['options']) {
  for (let j = 0; j < q.rows; j++) {
    for (let a = 0; a < (causal ? j + 1 : k1.rows); a++) {
      for (let b = 0; b < (causal ? j + 1 : k2.rows); b++) {
        const key = rowOf(k1, a).map((x, t) => x * rowOf(k2, b)[t]);
        yield { j, a, b, score: scale * dot(rowOf(q, j), key) };
      }
    }
  }
}

/** The same problem with x1 made smaller, so that the largest score is `most`. */
function withScores({ inputs, weights, options }: Problem, most: number): Problem {
  let largest = 0;
  for (const { score } of pairs(projectRows(inputs, weights), options))
    largest = Math.max(largest, Math.abs(score));
  return { inputs, options, weights: { ...weights, x1: scaled(weights.x1, most / largest) } };
}

const taylor = (x: number, degree: number) => {
  let [sum, term] = [1, 1];
  for (let k = 1; k <= degree; k++) sum += term *= x / k;
  return sum;
};

/** Outputs, and p = f∘q − r·f taken to every row, pair by pair, for weights f that are Taylor polynomials of scores. */
function byPairs(rows: AttentionRows, byOutput: DenseMatrix, options: Problem['options'], degree: number) {
  const all = [...pairs(rows, options)].map((pair) => ({ ...pair, f: taylor(pair.score, degree) }));
  const totals = new Float64Array(rows.q.rows);
  for (const { j, f } of all) totals[j] += f;
  const gradients = zeroRows(rows);
  const value = (a: number, b: number) => rowOf(rows.v1, a).map((x, t) => x * rowOf(rows.v2, b)[t]);
  const outputs = zeroRows(rows).q;
  for (const { j, a, b, f } of all) {
    value(a, b).forEach((x, t) => (rowOf(outputs, j)[t] += (f / totals[j]) * x));
  }
  for (const { j, a, b, f } of all) {
    const c = rowOf(byOutput, j);
    const weight = f / totals[j];
    const p = options.scale * weight * (dot(c, value(a, b)) - dot(c, rowOf(outputs, j)));
    const [q, k1, k2] = [rowOf(rows.q, j), rowOf(rows.k1, a), rowOf(rows.k2, b)];
    const [v1, v2] = [rowOf(rows.v1, a), rowOf(rows.v2, b)];
    for (let t = 0; t < q.length; t++) {
      rowOf(gradients.q, j)[t] += p * k1[t] * k2[t];
      rowOf(gradients.k1, a)[t] += p * q[t] * k2[t];
      rowOf(gradients.k2, b)[t] += p * q[t] * k1[t];
      rowOf(gradients.v1, a)[t] += weight * c[t] * v2[t];
      rowOf(gradients.v2, b)[t] += weight * c[t] * v1[t];
    }
  }
  return { outputs, gradients };
}

describe.each(cases)('%s', (_, shape) => {
  const made = problem(shape);
  const exactly = ({ inputs, weights, options }: Problem) =>
    lossGradients(inputs, weights, exactAttention(options));
  const fast = ({ inputs, weights, options }: Problem, degree: number) =>
    lossGradients(inputs, weights, lowRankAttention({ ...options, degree }));

  it.each([0, 2, 4])('of degree %i it is the formula with weights of that degree, pair by pair', (degree) => {
    const { inputs, weights, options } = made;
    const rows = projectRows(inputs, weights);
    const attention = lowRankAttention({ ...options, degree });
    const outputs = attention.forward(rows);
    const byOutput = minus(outputs, inputs.e);
    const expected = byPairs(rows, byOutput, options, degree);
    expectClose(outputs, expected.outputs, 1e-13);
    const gradients = attention.backward(rows, byOutput);
    for (const each of ROWS.filter((row) => degree > 0 || row.startsWith('v'))) {
      expectClose(gradients[each], expected.gradients[each], 1e-12);
    }
  });

  it('of degree 8 it is exact to 1e-10 at scores up to 0.2', () => {
    const small = withScores(made, 0.2);
    const [expected, got] = [exactly(small), fast(small, 8)];
    expect(Math.abs(got.loss / expected.loss - 1)).toBeLessThan(1e-10);
    for (const weight of WEIGHT_NAMES) expectClose(got.gradients[weight], expected.gradients[weight], 1e-10);
  });

  // One more degree alone may make it worse, as with the polynomial cache (math.md 5.3).
  it.each([
    ['even', [0, 2, 4, 6, 8]],
    ['odd', [1, 3, 5, 7, 9]],
  ] as const)('its error falls with every %s degree', (_, degrees) => {
    const problem = withScores(made, 0.8);
    const expected = exactly(problem).gradients;
    for (const weight of WEIGHT_NAMES) {
      const errors = degrees.map((degree) =>
        relativeDifference(fast(problem, degree).gradients[weight], expected[weight]),
      );
      for (let i = 1; i < errors.length; i++) expect(errors[i]).toBeLessThan(errors[i - 1]);
      expect(errors[4]).toBeLessThan(1e-4 * errors[0]);
    }
  });
});

it.each([2, 4])('by X of degree %i it gives the same factors', (degree) => {
  const { inputs, weights, options } = problem({ seed: 26, n: 7, d: 3, sides: [5, 6] });
  const { gradients } = lossGradients(inputs, weights, lowRankAttention({ ...options, degree }));
  const x = lowRankGradientByX(inputs, weights, { scale: options.scale, degree });
  const joint = { x, y: closedForm(inputs, joinWeights(weights), options).gradients.y };
  const split = splitGradients(joint, weights);
  for (const weight of ['x1', 'x2', 'x3'] as const) expectClose(gradients[weight], split[weight], 1e-12);
});

it('by X of degree 8 it is the closed form to 1e-10 at scores up to 0.2', () => {
  const { inputs, weights, options } = withScores(problem({ seed: 27, n: 7, d: 3 }), 0.2);
  const x = lowRankGradientByX(inputs, weights, { scale: options.scale, degree: 8 });
  expectClose(x, closedForm(inputs, joinWeights(weights), options).gradients.x, 1e-10);
});

it('keeps its accuracy over causal rows, although it takes them apart again', () => {
  const { inputs, weights, options } = withScores(problem({ seed: 28, n: 120, d: 2, causal: true }), 1);
  const rows = projectRows(inputs, weights);
  const fast = lowRankAttention({ ...options, degree: 16 }).backward(rows, inputs.e);
  const exact = exactAttention(options).backward(rows, inputs.e);
  for (const each of ROWS) expectClose(fast[each], exact[each], 1e-12);
});

describe('refuses', () => {
  const { inputs, weights, options } = problem({ seed: 29, n: 5, d: 3, size: 2 });
  const refusal = (degree: number, d = 3) => {
    try {
      const wide = problem({ seed: 1, n: 1, d });
      const [rows, attention] = [
        projectRows(d === 3 ? inputs : wide.inputs, d === 3 ? weights : wide.weights),
        lowRankAttention({ ...options, degree }),
      ];
      attention.forward(rows);
    } catch (error) {
      if (isFailure(error)) return [error.code, error.what];
      throw error;
    }
    return null;
  };

  it('a degree that is no whole number, or has too many monomials', () => {
    for (const degree of [-1, 1.5, NaN]) {
      expect(refusal(degree)).toEqual(['bad-option', `degree ${degree} is not a whole number from 0 on`]);
    }
    const [code, what] = refusal(6, 20)!;
    expect([code, what]).toEqual([
      'bad-option',
      'low-rank attention of degree 6 in d = 20 has 230230 monomials, more than 100000',
    ]);
  });

  it('weights that sum to less than 0, which odd degrees can have', () => {
    expect(refusal(1)![0]).toBe('bad-input');
    expect(refusal(1)![1]).toMatch(/^low-rank attention of degree 1: the weights of query \d sum to -/);
    expect(refusal(2)).toBeNull();
  });
});
