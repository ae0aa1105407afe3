import { matrixOf, rowOf, type DenseMatrix } from '../matrix.js';

const STEP = 1e-3; // the fourth order leaves 1e-12, and rounding of the loss 1e-13

/** The gradient of `loss` at `matrix` by differences of the fourth order; entries are moved in place and put back. */
export function differences(matrix: DenseMatrix, loss: () => number): DenseMatrix {
  return matrixOf(matrix.rows, matrix.columns, (i, j) => {
    const row = rowOf(matrix, i);
    const at = row[j];
    const moved = (by: number) => {
      row[j] = at + by;
      return loss();
    };
    const [near, far] = [moved(STEP) - moved(-STEP), moved(2 * STEP) - moved(-2 * STEP)];
    row[j] = at;
    return (8 * near - far) / (12 * STEP);
  });
}
