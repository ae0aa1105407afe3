import fc from 'fast-check';
import { expect, it } from 'vitest';
import { hadamard, matrixOf, multiply, multiplyTranspose, rowOf, transposeMultiply } from '../matrix.js';
import { expectClose, wholeMatrices } from '../testing/matrices.js';
import { columnKronecker, kronecker, multiplyProducts, rowKronecker, vec } from './tensor-products.js';

const size = fc.integer({ min: 1, max: 5 });
const seed = fc.nat(1e6);

/** A law of matrices of any sizes. */
function law(name: string, arity: number, check: (seed: number, ...sizes: number[]) => void): void {
  it(name, () => {
    const sizes = fc.array(size, { minLength: arity, maxLength: arity });
    fc.assert(fc.property(seed, sizes, (each, list) => check(each, ...list)));
  });
}

law(
  'Definitions 3.3 to 3.5: ⊗ has all products, ⊘ is its columns (j, j), ⊖ its rows (i, i)',
  4,
  (s, m, n, p, q) => {
    const [a, b] = wholeMatrices(s, [m, n], [p, q]);
    const all = kronecker(a, b);
    expectClose(
      all,
      matrixOf(m * p, n * q, (i, j) => at(a, i / p, j / q) * at(b, i % p, j % q)),
      0,
    );
    const [c, d] = wholeMatrices(s, [m, n], [p, n]);
    const diagonal = matrixOf(m * p, n, (i, j) => rowOf(kronecker(c, d), i)[j * n + j]);
    expectClose(columnKronecker(c, d), diagonal, 0);
    const [e, f] = wholeMatrices(s, [m, n], [m, q]);
    const same = matrixOf(m, n * q, (i, j) => rowOf(kronecker(e, f), i * m + i)[j]);
    expectClose(rowKronecker(e, f), same, 0);
  },
);

const at = (a: ReturnType<typeof vec>, i: number, j: number) => rowOf(a, Math.floor(i))[Math.floor(j)];

law('swap rule: (A ⊗ B)(C ⊗ D) = AC ⊗ BD', 6, (s, m, n, p, k, l, o) => {
  const [a, b, c, d] = wholeMatrices(s, [m, n], [p, k], [n, l], [k, o]);
  expectClose(multiply(kronecker(a, b), kronecker(c, d)), kronecker(multiply(a, c), multiply(b, d)), 0);
});

law('Fact 5.4, swap rule: (A ⊗ B)(X ⊘ Y) = AX ⊘ BY', 5, (s, m, n, p, k, d) => {
  const [a, b, x, y] = wholeMatrices(s, [m, n], [p, k], [n, d], [k, d]);
  const products = multiply(kronecker(a, b), columnKronecker(x, y));
  expectClose(products, columnKronecker(multiply(a, x), multiply(b, y)), 0);
});

law('swap rule: (U ⊖ V)(A ⊗ B) = UA ⊖ VB', 5, (s, n, k, l, p, q) => {
  const [u, v, a, b] = wholeMatrices(s, [n, k], [n, l], [k, p], [l, q]);
  const products = multiply(rowKronecker(u, v), kronecker(a, b));
  expectClose(products, rowKronecker(multiply(u, a), multiply(v, b)), 0);
});

law('Fact 5.5: (U2 ⊘ U3) ⊖ (W2 ⊘ W3) = (U2 ⊖ W2) ⊘ (U3 ⊖ W3)', 4, (s, m, n, r, k) => {
  const [u2, u3, w2, w3] = wholeMatrices(s, [m, r], [n, r], [m, k], [n, k]);
  const one = rowKronecker(columnKronecker(u2, u3), columnKronecker(w2, w3));
  expectClose(one, columnKronecker(rowKronecker(u2, w2), rowKronecker(u3, w3)), 0);
});

law('Lemma 5.6: (U2 ⊘ U3)ᵀ(W2 ⊘ W3) = U2ᵀW2 ∘ U3ᵀW3', 4, (s, m, n, r, k) => {
  const [u2, u3, w2, w3] = wholeMatrices(s, [m, r], [n, r], [m, k], [n, k]);
  const long = transposeMultiply(columnKronecker(u2, u3), columnKronecker(w2, w3));
  expectClose(multiplyProducts([u2, u3], [w2, w3]), long, 0);
});

law('Fact 5.7, tensor trick: vec(A·X·Bᵀ) = (A ⊗ B)·vec(X)', 4, (s, m, n, p, q) => {
  const [a, x, b] = wholeMatrices(s, [m, n], [n, q], [p, q]);
  const product = multiplyTranspose(multiply(a, x), b);
  expectClose(vec(product), multiply(kronecker(a, b), vec(x)), 0);
});

law('∘ of low rank has low rank: ABᵀ ∘ CDᵀ = (A ⊖ C)(B ⊖ D)ᵀ', 4, (s, m, n, r, k) => {
  const [a, b, c, d] = wholeMatrices(s, [m, r], [n, r], [m, k], [n, k]);
  const product = hadamard(multiplyTranspose(a, b), multiplyTranspose(c, d));
  expectClose(product, multiplyTranspose(rowKronecker(a, c), rowKronecker(b, d)), 0);
});

it('refuses columns or rows that differ', () => {
  const [a, b] = wholeMatrices(1, [2, 3], [3, 2]);
  expect(() => columnKronecker(a, b)).toThrow(RangeError);
  expect(() => rowKronecker(a, b)).toThrow(RangeError);
});
