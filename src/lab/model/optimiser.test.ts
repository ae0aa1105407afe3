import { describe, expect, it } from 'vitest';
import type { LanguageModelShape } from '../../core/language-model.js';
import { randomStream } from '../../core/random.js';
import { orthogonalise } from './muon.js';
import { createOptimiser } from './optimiser.js';
import { parameterCount, viewsOf } from './parameters.js';
import { referenceKernels } from './reference-kernels.js';
import { reusedScratch } from './scratch.js';

const gaussian = (length: number) => {
  const random = randomStream(length, 'optimiser');
  return Float32Array.from({ length }, () => random.gaussian());
};

describe('Muon', () => {
  it.each([
    [6, 40],
    [40, 6],
  ])('keeps directions and brings %i × %i singular values near 1', (rows, columns) => {
    const x = gaussian(rows * columns);
    const y = x.slice();
    orthogonalise(y, rows, columns, referenceKernels);
    const side = Math.min(rows, columns);
    const at = (m: Float32Array, i: number, j: number) =>
      m[rows < columns ? i * columns + j : j * columns + i];
    const gram = (a: Float32Array, b: Float32Array) =>
      Array.from({ length: side }, (_r, i) =>
        Array.from({ length: side }, (_c, k) => {
          let sum = 0;
          for (let j = 0; j < Math.max(rows, columns); j++) sum += at(a, i, j) * at(b, k, j);
          return sum;
        }),
      );
    const squares = gram(y, y); // eigenvalues are squares of singular values, within Gershgorin's discs
    for (const [i, row] of squares.entries()) {
      expect(row[i]).toBeGreaterThan(0.49);
      expect(row[i]).toBeLessThan(1.44);
    }
    const turned = gram(x, y); // x·yᵀ is symmetric when both have the same singular vectors
    for (let i = 0; i < side; i++)
      for (let k = 0; k < i; k++) expect(turned[i][k]).toBeCloseTo(turned[k][i], 4);
  });
});

describe('the optimiser', () => {
  const shape: LanguageModelShape = {
    ...{ order: 'tensor', layers: 1, heads: 1, d: 4, scale: 1, previous: 1 },
    ...{ dModel: 6, hidden: 8, context: 3, vocabulary: 5 },
  };
  const step = (gradient: Float32Array, decay: number) => {
    const flat = new Float32Array(gradient.length).fill(1);
    createOptimiser(shape, referenceKernels, { momentum: 0.9, squares: 0.99, decay }).step(
      flat,
      gradient,
      0.01,
    );
    return viewsOf(shape, flat);
  };

  it('moves tables by the rate at first, against the gradient (Adam)', () => {
    const gradient = gaussian(parameterCount(shape));
    const moved = step(gradient, 0);
    for (const name of ['embed', 'previous.1', 'positions']) {
      const by = viewsOf(shape, gradient).get(name)!;
      for (const [i, value] of moved.get(name)!.entries())
        expect(value).toBeCloseTo(1 - 0.01 * Math.sign(by[i]), 5);
    }
  });

  it('moves matrices of layers by 0.2 of the rate on the mean, whatever the size of the gradient (Muon)', () => {
    for (const size of [1e-3, 1e3]) {
      const moved = step(gaussian(parameterCount(shape)).map((x) => size * x), 0); // prettier-ignore
      for (const name of ['layers.0.w_q', 'layers.0.w_down']) {
        const steps = [...moved.get(name)!].map((value) => (value - 1) / 0.01);
        const mean = Math.sqrt(steps.reduce((sum, x) => sum + x * x, 0) / steps.length);
        expect(mean, name).toBeGreaterThan(0.14);
        expect(mean, name).toBeLessThan(0.24);
      }
    }
  });

  it('decays every number by its share of the rate', () => {
    const moved = step(new Float32Array(parameterCount(shape)), 0.5);
    for (const values of moved.values())
      for (const value of values) expect(value).toBeCloseTo(1 - 0.01 * 0.5, 6);
  });
});

describe('scratch', () => {
  it('gives parts that do not overlap, also when it grows, and zeros again after a reset', () => {
    const scratch = reusedScratch();
    const parts = [3, 5, 100, 4].map((length) => scratch.take(length));
    for (const [i, part] of parts.entries()) part.fill(i + 1);
    for (const [i, part] of parts.entries()) expect(new Set(part)).toEqual(new Set([i + 1]));
    scratch.reset();
    expect([...scratch.take(50)]).toEqual(Array(50).fill(0));
  });
});
