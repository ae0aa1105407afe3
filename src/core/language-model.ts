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
  /** How many of the tokens before a token are embedded with it. */
  readonly previous: number;
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
 *     x = embed[token] + positions[i] + Σ_j previous[j - 1][the token j before], as far as there are such tokens
 *     per layer:  x += attention(norm(x)) · output;  x += relu(norm(x) · up)² · down
 *     logits = norm(x) · embedᵀ
 */
export interface LanguageModel {
  readonly shape: LanguageModelShape;
  /** (vocabulary × dModel) */
  readonly embed: Float32Array;
  /** One table, (vocabulary × dModel), for each token before; they save attention of bytes the way to the nearest ones. */
  readonly previous: readonly Float32Array[];
  /** (context × dModel) */
  readonly positions: Float32Array;
  readonly layers: readonly LanguageModelLayer[];
}

/** A matrix among the parameters of a language model. */
export interface Parameter {
  /** As in files. */
  readonly name: string;
  readonly rows: number;
  readonly columns: number;
}

/**
 * All parameters of a model of this shape, in the order of files: `embed`, `previous.1` …, `positions`, then of each layer
 * `layers.{l}.w_q`, `.w_k1`, `.w_k2`, `.w_v1`, `.w_v2` (of matrix order `.w_q`, `.w_k1`, `.w_v1`), `.w_o`, `.w_up`, `.w_down`.
 */
export function parametersOf(shape: LanguageModelShape): readonly Parameter[] {
  const { vocabulary, context, dModel, hidden, layers } = shape;
  const width = shape.heads * shape.d;
  const sides = shape.order === 'tensor' ? ['q', 'k1', 'k2', 'v1', 'v2'] : ['q', 'k1', 'v1'];
  const ofLayer = (layer: number): readonly Parameter[] => [
    ...sides.map((side) => ({ name: `layers.${layer}.w_${side}`, rows: dModel, columns: width })),
    { name: `layers.${layer}.w_o`, rows: width, columns: dModel },
    { name: `layers.${layer}.w_up`, rows: dModel, columns: hidden },
    { name: `layers.${layer}.w_down`, rows: hidden, columns: dModel },
  ];
  return [
    { name: 'embed', rows: vocabulary, columns: dModel },
    ...previousNames(shape).map((name) => ({ name, rows: vocabulary, columns: dModel })),
    { name: 'positions', rows: context, columns: dModel },
    ...Array.from({ length: layers }, (_, layer) => ofLayer(layer)).flat(),
  ];
}

/** The model whose parameters are `parameter(name)`. */
export function modelOf(shape: LanguageModelShape, parameter: (name: string) => Float32Array): LanguageModel {
  const layer = (index: number): LanguageModelLayer => {
    const of = (name: string) => parameter(`layers.${index}.w_${name}`);
    const side2 = (name: string) => (shape.order === 'tensor' ? of(name) : null);
    return {
      projection: { q: of('q'), k1: of('k1'), k2: side2('k2'), v1: of('v1'), v2: side2('v2') },
      ...{ output: of('o'), up: of('up'), down: of('down') },
    };
  };
  return {
    shape,
    embed: parameter('embed'),
    previous: previousNames(shape).map(parameter),
    positions: parameter('positions'),
    layers: Array.from({ length: shape.layers }, (_, index) => layer(index)),
  };
}

/** The parameters of a model with their numbers, row by row. */
export function parametersIn(model: LanguageModel): readonly (Parameter & { readonly data: Float32Array })[] {
  const inOrder = [
    ...[model.embed, ...model.previous, model.positions],
    ...model.layers.flatMap(({ projection: { q, k1, k2, v1, v2 }, output, up, down }) =>
      [q, k1, k2, v1, v2, output, up, down].filter((w) => w !== null),
    ),
  ];
  return parametersOf(model.shape).map((parameter, i) => ({ ...parameter, data: inOrder[i] }));
}

const previousNames = ({ previous }: Pick<LanguageModelShape, 'previous'>) =>
  Array.from({ length: previous }, (_, j) => `previous.${j + 1}`);
