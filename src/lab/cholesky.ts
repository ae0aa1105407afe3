import { zeros, type DenseMatrix } from './matrix.js';

/** Lower L with L·Lᵀ = `a`, (n × n) symmetric; null where `a` is not positive definite, to rounding. */
export function cholesky(a: DenseMatrix): DenseMatrix | null {
  const n = a.rows;
  const l = zeros(n, n);
  for (let j = 0; j < n; j++) {
    const pivot = a.data[j * n + j] - partialDot(l, j, j, j);
    if (!(pivot > a.data[j * n + j] * n * Number.EPSILON)) return null; // NaN too
    const root = Math.sqrt(pivot);
    l.data[j * n + j] = root;
    for (let i = j + 1; i < n; i++) l.data[i * n + j] = (a.data[i * n + j] - partialDot(l, i, j, j)) / root;
  }
  return l;
}

/** The solution y of L·Lᵀ·y = b for `l` from `cholesky` (n × n) and `b` (n × m). */
export function solveCholesky(l: DenseMatrix, b: DenseMatrix): DenseMatrix {
  const [n, m] = [l.rows, b.columns];
  const y: DenseMatrix = { ...b, data: b.data.slice() };
  const subtract = (i: number, k: number, factor: number) => {
    for (let c = 0; c < m; c++) y.data[i * m + c] -= factor * y.data[k * m + c];
  };
  const divide = (i: number) => {
    for (let c = 0; c < m; c++) y.data[i * m + c] /= l.data[i * n + i];
  };
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) subtract(i, k, l.data[i * n + k]);
    divide(i);
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) subtract(i, k, l.data[k * n + i]);
    divide(i);
  }
  return y;
}

/** Σ_{k < count} l_ik·l_jk */
function partialDot({ columns, data }: DenseMatrix, i: number, j: number, count: number): number {
  let sum = 0;
  for (let k = 0; k < count; k++) sum += data[i * columns + k] * data[j * columns + k];
  return sum;
}
