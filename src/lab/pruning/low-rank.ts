import { matrixOf, multiply, multiplyTranspose, transposeMultiply, type DenseMatrix } from '../matrix.js';
import type { Random } from '../../core/random.js';

const SWEEPS = 30; // of Jacobi rotations; ten are enough for a hundred rows

/** Data of section 6.1: W_Q and W_K, each the first `rank` singular values of a normal matrix (d × d), and x normal (n × d). */
export function lowRankInstance(
  random: Random,
  {
    n,
    d,
    rank = 4,
    size,
  }: { readonly n: number; readonly d: number; readonly rank?: number; readonly size: number },
): { readonly x: DenseMatrix; readonly q: DenseMatrix; readonly k: DenseMatrix } {
  const normal = (rows: number) => matrixOf(rows, d, () => random.gaussian());
  const half = () => {
    const w = lowRank(normal(d), rank);
    return { ...w, data: w.data.map((entry) => size * entry) };
  };
  return { q: half(), k: half(), x: normal(n) };
}

/** The nearest matrix of rank `rank`: g·V·Vᵀ with V the first eigenvectors of gᵀg. */
export function lowRank(g: DenseMatrix, rank: number): DenseMatrix {
  const { values, vectors } = symmetricEigen(transposeMultiply(g, g));
  const first = [...values.keys()].sort((i, j) => values[j] - values[i]).slice(0, rank);
  const v = matrixOf(g.columns, rank, (i, j) => vectors.data[i * g.columns + first[j]]);
  return multiplyTranspose(multiply(g, v), v);
}

/** Eigenvalues and eigenvectors (columns) of a symmetric matrix, by cyclic Jacobi rotations. */
function symmetricEigen(a: DenseMatrix): { readonly values: Float64Array; readonly vectors: DenseMatrix } {
  const n = a.rows;
  const m = a.data.slice();
  const vectors = matrixOf(n, n, (i, j) => (i === j ? 1 : 0));
  for (let sweep = 0; sweep < SWEEPS; sweep++)
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) rotate(m, vectors.data, n, p, q);
  return { values: Float64Array.from({ length: n }, (_, i) => m[i * n + i]), vectors };
}

/** Turn coordinates p and q so that m_pq becomes 0. */
function rotate(m: Float64Array, v: Float64Array, n: number, p: number, q: number): void {
  const off = m[p * n + q];
  if (Math.abs(off) < Number.MIN_VALUE) return;
  const theta = (m[q * n + q] - m[p * n + p]) / (2 * off);
  const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const cos = 1 / Math.sqrt(t * t + 1);
  const sin = t * cos;
  const turn = (x: Float64Array, i: number, j: number) => {
    const [a, b] = [x[i], x[j]];
    x[i] = cos * a - sin * b;
    x[j] = sin * a + cos * b;
  };
  for (let k = 0; k < n; k++) turn(m, k * n + p, k * n + q);
  for (let k = 0; k < n; k++) turn(m, p * n + k, q * n + k);
  for (let k = 0; k < n; k++) turn(v, k * n + p, k * n + q);
}
