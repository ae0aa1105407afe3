import { zeros, type DenseMatrix } from '../matrix.js';

/** What attention reads: queries (n × d), keys and values of side 1 (n1 × d) and of side 2 (n2 × d). */
export interface AttentionRows {
  readonly q: DenseMatrix;
  readonly k1: DenseMatrix;
  readonly k2: DenseMatrix;
  readonly v1: DenseMatrix;
  readonly v2: DenseMatrix;
}

/** How rows attend to one another. */
export interface AttentionOptions {
  /** Factor on every score; 1/d in the paper. */
  readonly scale: number;
  /** Row j attends to the pairs of rows 0 to j alone; all three lengths must be the same. */
  readonly causal: boolean;
}

/** Attention over pairs of rows that can be trained. */
export interface Attention {
  /** Outputs, (n × d). */
  forward(rows: AttentionRows): DenseMatrix;
  /** Gradients of a loss by every row, from its gradient by the outputs, (n × d). */
  backward(rows: AttentionRows, byOutput: DenseMatrix): AttentionRows;
}

/** Zeros of the same shapes. */
export function zeroRows({ q, k1, k2, v1, v2 }: AttentionRows): AttentionRows {
  const like = ({ rows, columns }: DenseMatrix) => zeros(rows, columns);
  return { q: like(q), k1: like(k1), k2: like(k2), v1: like(v1), v2: like(v2) };
}
