import type { SparseMatrix } from './sparse-matrix.js';

/** Projection matrices of one layer, (dModel × heads·d) each, row by row: output = input · W. */
export interface ProjectionWeights {
  readonly q: Float32Array;
  readonly k1: Float32Array;
  /** Null in matrix order. */
  readonly k2: Float32Array | null;
  readonly v1: Float32Array;
  /** Null in matrix order. */
  readonly v2: Float32Array | null;
}

/** A matrix as a run keeps it: every number row by row, or without its zeros. */
export type StoredMatrix = Float32Array | SparseMatrix;

/** Projection matrices of one layer as a run keeps them; `k2` and `v2` are null in matrix order. */
export interface StoredProjection {
  readonly q: StoredMatrix;
  readonly k1: StoredMatrix;
  readonly k2: StoredMatrix | null;
  readonly v1: StoredMatrix;
  readonly v2: StoredMatrix | null;
}
