import type { SequenceKernels } from '../../core/sequence.js';

const ROUNDS = 5;
const [A, B, C] = [3.4445, -4.775, 2.0315]; // the quintic of Jordan et al. 2024, which brings 0.01 … 1 near 1 in five rounds

/**
 * Give `x`, (rows × columns), singular values near 1 (0.7 to 1.2) in place, with the singular vectors it has: the direction in
 * which Muon moves weights (Jordan et al. 2024), by Newton–Schulz rounds in place of a decomposition.
 */
export function orthogonalise(
  x: Float32Array,
  rows: number,
  columns: number,
  { addProduct }: Pick<SequenceKernels, 'addProduct'>,
): void {
  let squares = 0;
  for (let i = 0; i < x.length; i++) squares += x[i] * x[i];
  scaleBy(x, 1 / (Math.sqrt(squares) + 1e-7));
  const side = Math.min(rows, columns);
  const sizes = { rows: side, inner: side, columns: side };
  const [square, factor, next] = [side * side, side * side, x.length].map((n) => new Float32Array(n));
  for (let round = 0; round < ROUNDS; round++) {
    // x·xᵀ or xᵀ·x, whichever is smaller
    square.fill(0);
    if (rows <= columns) addProduct(x, { turned: x }, square, { rows, inner: columns, columns: rows });
    else addProduct({ turned: x }, x, square, { rows: columns, inner: rows, columns });
    factor.fill(0);
    addProduct(square, square, factor, sizes);
    for (let i = 0; i < factor.length; i++) factor[i] = B * square[i] + C * factor[i];
    next.fill(0);
    if (rows <= columns) addProduct(factor, x, next, { rows, inner: rows, columns });
    else addProduct(x, factor, next, { rows, inner: columns, columns });
    for (let i = 0; i < x.length; i++) x[i] = A * x[i] + next[i];
  }
}

function scaleBy(x: Float32Array, factor: number): void {
  for (let i = 0; i < x.length; i++) x[i] *= factor;
}
