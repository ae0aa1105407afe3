/** Rows of all heads of one layer, (n × heads·d) each; k2 and v2 are null in matrix order. */
export interface SequenceRows {
  readonly q: Float32Array;
  readonly k1: Float32Array;
  readonly k2: Float32Array | null;
  readonly v1: Float32Array;
  readonly v2: Float32Array | null;
}

/** Tokens of a sequence, and how its heads attend: each token to the pairs of tokens up to itself. */
export interface SequenceShape {
  readonly n: number;
  readonly heads: number;
  readonly d: number;
  /** Factor on every score. */
  readonly scale: number;
}

/** Where attention of a sequence leaves its answers; its gradient reads them again. */
export interface SequenceAnswers {
  /** (n × heads·d) */
  readonly out: Float32Array;
  /** log2 of each query's sum of weights, (n × heads) */
  readonly logs: Float32Array;
}

/** x is (rows × inner), w (inner × columns), out (rows × columns). */
export interface ProductSizes {
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
}

/** A matrix row by row, or `turned`: one whose transpose lies so. */
export type Operand = Float32Array | { readonly turned: Float32Array };

/** What whole sequences are computed with, in float32: training has no use for more. */
export interface SequenceKernels {
  readonly name: string;
  /** out += x · w */
  addProduct(x: Operand, w: Operand, out: Float32Array, sizes: ProductSizes): void;
  /** Fill `answers`. */
  attend(shape: SequenceShape, rows: SequenceRows, answers: SequenceAnswers): void;
  /** Fill `gradients` by all rows, from the gradient by the outputs, (n × heads·d). */
  attendBack(
    shape: SequenceShape,
    rows: SequenceRows,
    answers: SequenceAnswers,
    byOut: Float32Array,
    gradients: SequenceRows,
  ): void;
}
