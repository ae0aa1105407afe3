import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  dot,
  firstRows,
  largestEntry,
  matrixOf,
  multiply,
  multiplyTranspose,
  reshaped,
  rowOf,
  transposeMultiply,
  type DenseMatrix,
} from './matrix.js';
import { expectClose, wholeMatrices } from './testing/matrices.js';

const size = fc.integer({ min: 1, max: 7 });
const transpose = (a: DenseMatrix) => matrixOf(a.columns, a.rows, (i, j) => rowOf(a, j)[i]);

describe('products of matrices', () => {
  it('are sums of products of entries (property)', () => {
    fc.assert(
      fc.property(fc.nat(1e6), size, size, size, (seed, m, k, n) => {
        const [a, b] = wholeMatrices(seed, [m, k], [k, n]);
        const product = multiply(a, b);
        const columns = transpose(b);
        expectClose(
          product,
          matrixOf(m, n, (i, j) => dot(rowOf(a, i), rowOf(columns, j))),
          1e-14,
        );
        expectClose(transposeMultiply(transpose(a), b), product, 0);
        expectClose(multiplyTranspose(a, columns), product, 0);
      }),
    );
  });

  it('are refused where shapes do not fit', () => {
    const [a, b] = wholeMatrices(1, [2, 3], [2, 3]);
    expect(() => multiply(a, b)).toThrow(RangeError);
    expect(() => transposeMultiply(a, transpose(b))).toThrow(RangeError);
    expect(() => reshaped(a, 4, 2)).toThrow(RangeError);
  });
});

it('gives views, not copies', () => {
  const a = matrixOf(3, 2, (i, j) => 10 * i + j);
  rowOf(a, 1)[0] = 7;
  reshaped(firstRows(a, 2), 1, 4).data[1] = 8;
  expect([...a.data]).toEqual([0, 8, 7, 11, 20, 21]);
});

it('finds the largest entry, and NaN', () => {
  expect(largestEntry(matrixOf(1, 3, (_, j) => [1, -4, 2][j]))).toBe(4);
  expect(largestEntry(matrixOf(1, 3, (_, j) => [1, NaN, 2][j]))).toBeNaN();
});
