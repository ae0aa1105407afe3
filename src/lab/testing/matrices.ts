import { expect } from 'vitest';
import { randomStream, type Random } from '../../core/random.js';
import { largestEntry, matrixOf, minus, type DenseMatrix } from '../matrix.js';

/** A (rows × columns) matrix of normal numbers with standard deviation `size`. */
export function gaussian(random: Random, rows: number, columns: number, size = 1): DenseMatrix {
  return matrixOf(rows, columns, () => size * random.gaussian());
}

/** Matrices of whole numbers from −4 to 4, of the shapes asked for: their products are exact, in any order of sums. */
export function wholeMatrices(
  seed: number,
  ...shapes: readonly (readonly [number, number])[]
): DenseMatrix[] {
  const random = randomStream(seed, 'matrices');
  return shapes.map(([rows, columns]) => matrixOf(rows, columns, () => random.below(9) - 4));
}

/** max |a − b| / max |b|; 0 where both are nothing but zeros. */
export function relativeDifference(a: DenseMatrix, b: DenseMatrix): number {
  const size = largestEntry(b);
  return size === 0 ? largestEntry(a) : largestEntry(minus(a, b)) / size;
}

/** Shapes are the same, and numbers within `tolerance` of the largest of them. */
export function expectClose(actual: DenseMatrix, expected: DenseMatrix, tolerance: number): void {
  expect([actual.rows, actual.columns]).toEqual([expected.rows, expected.columns]);
  expect(relativeDifference(actual, expected)).toBeLessThanOrEqual(tolerance);
}
