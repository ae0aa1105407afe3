import type { ModelShape } from './shape.js';
import type { ProjectionWeights } from './weights.js';

/** Sizes of a language model. */
export interface LanguageModelShape extends ModelShape {
  /** Length of the residual stream. */
  readonly dModel: number;
  /** Numbers between the two matrices of a feed-forward layer. */
  readonly hidden: number;
  /** Positions it was trained for: the most tokens of a stream. */
  readonly context: number;
  /** Token ids are below this. */
  readonly vocabulary: number;
}

/** Weights of one layer, row by row: output = input · W. */
export interface LanguageModelLayer {
  readonly projection: ProjectionWeights;
  /** (heads·d × dModel): what attention adds to the residual stream. */
  readonly output: Float32Array;
  /** (dModel × hidden) */
  readonly up: Float32Array;
  /** (hidden × dModel) */
  readonly down: Float32Array;
}

/**
 * A decoder without biases or gains. For the token at position i, with `norm` the layer norm of `operators/layer-norm.ts`:
 *
 *     x = embed[token] + positions[i]
 *     per layer:  x += attention(norm(x)) · output;  x += relu(norm(x) · up)² · down
 *     logits = norm(x) · embedᵀ
 */
export interface LanguageModel {
  readonly shape: LanguageModelShape;
  /** (vocabulary × dModel) */
  readonly embed: Float32Array;
  /** (context × dModel) */
  readonly positions: Float32Array;
  readonly layers: readonly LanguageModelLayer[];
}
