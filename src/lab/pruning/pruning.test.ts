import { describe, expect, it } from 'vitest';
import { randomStream } from '../../core/random.js';
import { matrixOf, multiplyTranspose, type DenseMatrix } from '../matrix.js';
import { expectClose, gaussian } from '../testing/matrices.js';
import { descendMask, DESCENT, pruneByDescent } from './algorithm-1.js';
import { attentionMatrix, causalAttention, relativeError, type AttentionProblem } from './attention.js';
import { curvature, largestStableStep } from './descent.js';
import { lowRank, lowRankInstance } from './low-rank.js';
import { magnitude } from './magnitude.js';
import { masked, maskLoss } from './mask-loss.js';
import { maskOfSmallest } from './masks.js';
import { saliencies, saliency } from './saliency.js';
import { sparseGpt } from './sparse-gpt.js';
import { wanda } from './wanda.js';

const zerosIn = ({ data }: DenseMatrix) => data.filter((x) => x === 0).length;
const ones = (length: number) => new Float64Array(length).fill(1);

function problems(scale = 0.7): Readonly<Record<'fused' | 'twoMasks', AttentionProblem>> {
  const random = randomStream(8, 'pruning');
  const [x, q, k] = [gaussian(random, 9, 5), gaussian(random, 5, 3), gaussian(random, 5, 3)];
  return {
    fused: { x, weights: [multiplyTranspose(q, k)], scale },
    twoMasks: { x, weights: [q, k], scale },
  };
}

describe('the attention matrix', () => {
  it('has rows that sum to 1, nothing above the diagonal, and is the same fused and in two factors', () => {
    const { fused, twoMasks } = problems();
    const a = attentionMatrix(fused);
    for (let i = 0; i < 9; i++) {
      const row = [...a.data.subarray(i * 9, i * 9 + 9)];
      expect(row.reduce((sum, y) => sum + y)).toBeCloseTo(1, 14);
      expect(row.slice(i + 1).every((y) => y === 0)).toBe(true);
    }
    expectClose(attentionMatrix(twoMasks), a, 1e-13);
  });

  it('takes scores beyond the range of exp', () => {
    const big = matrixOf(3, 1, (i) => 40 * (i + 1));
    expect(causalAttention(big, big, 1).data.every(Number.isFinite)).toBe(true);
  });
});

describe.each(['fused', 'twoMasks'] as const)('Theorem 5.3, %s', (kind) => {
  it('is the gradient: 1e-8 against central differences', () => {
    const loss = maskLoss(problems()[kind], 0.3);
    const random = randomStream(5);
    const at = Float64Array.from({ length: loss.size }, () => random.uniform());
    const exact = loss.at(at).gradient();
    const size = exact.reduce((most, g) => Math.max(most, Math.abs(g)), 0);
    exact.forEach((g, i) => {
      const value = (step: number) => loss.at(at.with(i, at[i] + step)).value;
      const h = 1e-4; // Richardson: fourth order
      const slope = (step: number) => (value(step) - value(-step)) / (2 * step);
      expect(Math.abs((4 * slope(h / 2) - slope(h)) / 3 - g)).toBeLessThanOrEqual(1e-8 * size);
    });
  });
});

describe('Algorithm 1', () => {
  const instance = lowRankInstance(randomStream(1, 'descent'), { n: 24, d: 8, size: 1 });
  const fused: AttentionProblem = {
    x: instance.x,
    weights: [multiplyTranspose(instance.q, instance.k)],
    scale: 1,
  };

  it('never raises the loss when it backtracks', () => {
    const { values } = descendMask(fused, { ...DESCENT, lambda: 0.1 });
    expect(values.every((value, i) => i === 0 || value <= values[i - 1])).toBe(true);
    expect(values.at(-1)).toBeLessThan(0.5 * values[0]);
  });

  it('prunes exactly the ratio of every matrix', () => {
    for (const [ratio, zeros] of [
      [0, 0],
      [0.49, 7],
      [0.5, 8],
      [0.99, 15],
    ]) {
      const { pruned } = pruneByDescent(problems().twoMasks, ratio, { ...DESCENT, lambda: 0.1 });
      expect(pruned.map(({ mask }) => zerosIn(mask))).toEqual([zeros, zeros]);
      pruned.forEach(({ weight, mask }) => expect(zerosIn(weight)).toBe(zerosIn(mask)));
    }
  });

  it('beats magnitude and factors pruned one by one where attention is peaked', () => {
    const exact = attentionMatrix(fused);
    const error = (...weights: [DenseMatrix] | [DenseMatrix, DenseMatrix]) =>
      relativeError(exact, attentionMatrix({ ...fused, weights }));
    const best = [0.1, 1, 10].map((lambda) =>
      error(pruneByDescent(fused, 0.5, { ...DESCENT, lambda }).pruned[0].weight),
    );
    const { x, q, k } = instance;
    const most = Math.min(...best);
    expect(most).toBeLessThan(error(magnitude(fused.weights[0], 0.5).weight));
    expect(most).toBeLessThan(error(wanda(x, q, 0.5).weight, wanda(x, k, 0.5).weight));
    expect(most).toBeLessThan(error(sparseGpt(x, q, 0.5).weight, sparseGpt(x, k, 0.5).weight));
  });

  it('diverges with the fixed step beyond the largest stable one, and descends below it', () => {
    const start = maskLoss(fused, 0).at(ones(64));
    expect(start.value).toBe(0);
    const fixed = { ...DESCENT, step: 'fixed' } as const;
    const steepest = curvature(maskLoss(fused, 0), ones(64));
    const threshold = (0.1 * steepest) / (2 * 1.9 - 0.1);
    const unstable = descendMask(fused, { ...fixed, lambda: threshold / 30 });
    expect(unstable.values.at(-1)).toBeGreaterThan(unstable.values[0]);
    const stable = descendMask(fused, { ...fixed, lambda: 1.5 * threshold });
    expect(stable.values.at(-1)).toBeLessThan(stable.values[0]);
    expect(() => pruneByDescent(fused, 0.5, { ...fixed, lambda: 0.99 * threshold })).toThrow(
      /diverges.*largest stable step/,
    );
    expect(() => pruneByDescent(fused, 0.5, { ...fixed, lambda: 1.01 * threshold })).not.toThrow();
  });

  it('measures the curvature of a quadratic form', () => {
    const sizes = [1, 7, 3];
    const form = {
      size: 3,
      at: (x: Float64Array) => ({ value: 0, gradient: () => x.map((y, i) => sizes[i] * y) }),
    };
    expect(curvature(form, ones(3))).toBeCloseTo(7, 5);
    expect(largestStableStep(7, 0.75)).toBeCloseTo(0.5, 12);
  });

  it('names the epoch whose gradient is no number', () => {
    const broken = { ...fused, x: { ...fused.x, data: fused.x.data.with(3, NaN) } };
    expect(() => descendMask(broken, { ...DESCENT, lambda: 1 })).toThrow(/epoch 1: .* gradient is NaN/);
  });

  it.each([-0.1, 1, NaN])('refuses ratio %d', (ratio) => {
    expect(() => pruneByDescent(fused, ratio, { ...DESCENT, lambda: 1 })).toThrow(
      /at least 0 and less than 1/,
    );
  });
});

describe('masks', () => {
  it('prune the first of equal entries', () => {
    const scores = { rows: 1, columns: 5, data: Float64Array.of(2, 1, 1, 0, 1) };
    expect([...maskOfSmallest(scores, 0.6).data]).toEqual([1, 0, 0, 0, 1]);
  });
});

describe('baselines', () => {
  const random = randomStream(3, 'baselines');
  const x = gaussian(random, 20, 6);
  const w = gaussian(random, 6, 4);

  it('Wanda prunes the exact count per output, inputs weighed by their norm', () => {
    const { mask } = wanda(x, w, 0.4);
    for (let j = 0; j < 4; j++)
      expect([0, 1, 2, 3, 4, 5].filter((i) => mask.data[i * 4 + j] === 0)).toHaveLength(2);
    const loud = { ...x, data: x.data.map((y, at) => (at % 6 === 2 ? 1e3 * y : y)) };
    expect([...wanda(loud, w, 0.8).mask.data.subarray(8, 12)]).toEqual([1, 1, 1, 1]);
  });

  it('SparseGPT prunes the exact count, loses less of x·W than the same mask alone, and gives W back at ratio 0', () => {
    expect(sparseGpt(x, w, 0).weight.data).toEqual(w.data);
    const { weight, mask } = sparseGpt(x, w, 0.5);
    expect([zerosIn(mask), zerosIn(weight)]).toEqual([12, 12]);
    const loss = (other: DenseMatrix) => {
      const product = (m: DenseMatrix) =>
        multiplyTranspose(
          x,
          matrixOf(4, 6, (i, j) => m.data[j * 4 + i]),
        );
      return relativeError(product(w), product(other));
    };
    const alone = { ...w, data: w.data.map((y, at) => y * mask.data[at]) };
    expect(loss(weight)).toBeLessThan(loss(alone));
  });

  it('SparseGPT takes more inputs than one block, and inputs that are always 0', () => {
    const wide = gaussian(random, 150, 140);
    wide.data.forEach((_, at) => at % 140 === 7 && (wide.data[at] = 0));
    const { weight, mask } = sparseGpt(wide, gaussian(random, 140, 3), 0.5);
    expect(zerosIn(mask)).toBe(192 + 18);
    expect([...weight.data.subarray(21, 24)]).toEqual([0, 0, 0]);
    expect(weight.data.every(Number.isFinite)).toBe(true);
  });

  it.each(['fused', 'twoMasks'] as const)(
    'saliency is the squared change of A to first order, %s',
    (kind) => {
      const problem = problems()[kind];
      const found = saliencies(problem).flatMap(({ data }) => [...data]);
      const start = ones(found.length);
      found.forEach((score, i) => {
        const at = (m: number) =>
          attentionMatrix({ ...problem, weights: masked(problem.weights, start.with(i, m)) });
        const [up, down] = [at(1 + 1e-5), at(1 - 1e-5)];
        const change = up.data.reduce((sum, y, j) => sum + ((y - down.data[j]) / 2e-5) ** 2, 0);
        expect(score).toBeCloseTo(change, 6);
      });
      expect(
        saliency(problem, 0.4).every(({ mask }) => zerosIn(mask) === Math.round(0.4 * mask.data.length)),
      ).toBe(true);
    },
  );
});

describe('data of section 6.1', () => {
  it('has the wanted rank and is nearest', () => {
    const g = gaussian(randomStream(9), 7, 7);
    expectClose(lowRank(g, 7), g, 1e-12);
    const low = lowRank(g, 2);
    expectClose(lowRank(low, 2), low, 1e-12);
    const rest = { ...g, data: g.data.map((y, i) => y - low.data[i]) };
    const cross = g.data.reduce((sum, _, i) => sum + rest.data[i] * low.data[i], 0);
    expect(Math.abs(cross)).toBeLessThan(1e-10); // what is left is orthogonal to what is kept
  });
});
