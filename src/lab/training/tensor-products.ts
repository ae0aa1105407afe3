import { hadamard, transposeMultiply, zeros, type DenseMatrix } from '../matrix.js';

/**
 * The Kronecker product a ⊗ b, (ma × na) and (mb × nb) → (ma·mb × na·nb). Here and below the index of the second factor
 * runs fastest: row (i, k) is number i·mb + k (math.md 1.1).
 */
export function kronecker(a: DenseMatrix, b: DenseMatrix): DenseMatrix {
  const out = zeros(a.rows * b.rows, a.columns * b.columns);
  for (let i = 0; i < a.rows; i++) {
    for (let k = 0; k < b.rows; k++) {
      for (let j = 0; j < a.columns; j++) {
        const at = (i * b.rows + k) * out.columns + j * b.columns;
        const x = a.data[i * a.columns + j];
        for (let l = 0; l < b.columns; l++) out.data[at + l] = x * b.data[k * b.columns + l];
      }
    }
  }
  return out;
}

/** The column-wise Kronecker product a ⊘ b (Definition 3.4), (ma × d) and (mb × d) → (ma·mb × d): rows a_i * b_k. */
export function columnKronecker(a: DenseMatrix, b: DenseMatrix): DenseMatrix {
  if (a.columns !== b.columns) throw new RangeError(`⊘ of ${a.columns} and ${b.columns} columns`);
  const out = zeros(a.rows * b.rows, a.columns);
  for (let i = 0, at = 0; i < a.rows; i++) {
    for (let k = 0; k < b.rows; k++) {
      for (let t = 0; t < a.columns; t++, at++) {
        out.data[at] = a.data[i * a.columns + t] * b.data[k * b.columns + t];
      }
    }
  }
  return out;
}

/** The row-wise Kronecker product a ⊖ b (Definition 3.5), (n × da) and (n × db) → (n × da·db): row i is a_i ⊗ b_i. */
export function rowKronecker(a: DenseMatrix, b: DenseMatrix): DenseMatrix {
  if (a.rows !== b.rows) throw new RangeError(`⊖ of ${a.rows} and ${b.rows} rows`);
  const out = zeros(a.rows, a.columns * b.columns);
  for (let i = 0, at = 0; i < a.rows; i++) {
    for (let j = 0; j < a.columns; j++) {
      for (let l = 0; l < b.columns; l++, at++) {
        out.data[at] = a.data[i * a.columns + j] * b.data[i * b.columns + l];
      }
    }
  }
  return out;
}

/** vec(a): the rows of `a` one below the other, (m × n) → (m·n × 1). The paper stacks rows, not columns. */
export function vec({ rows, columns, data }: DenseMatrix): DenseMatrix {
  return { rows: rows * columns, columns: 1, data };
}

/**
 * (u2 ⊘ u3)ᵀ · (w2 ⊘ w3) = (u2ᵀ·w2) ∘ (u3ᵀ·w3) (Lemma 5.6): (n × r) and (n × s) → (r × s) in O(n·r·s) instead of O(n²·r·s),
 * the n² rows never built.
 */
export function multiplyProducts(
  [u2, u3]: readonly [DenseMatrix, DenseMatrix],
  [w2, w3]: readonly [DenseMatrix, DenseMatrix],
): DenseMatrix {
  return hadamard(transposeMultiply(u2, w2), transposeMultiply(u3, w3));
}
