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
