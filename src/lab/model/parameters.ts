import type { LanguageModel, LanguageModelShape } from '../../core/language-model.js';
import type { Random } from '../../core/random.js';

/** A matrix among the parameters of a model. */
export interface Parameter {
  /** As in files: `embed`, `layers.0.w_q`, … */
  readonly name: string;
  readonly rows: number;
  readonly columns: number;
}

/** All parameters of a model of this shape, in the order in which they lie one after the other. */
export function parametersOf(shape: LanguageModelShape): readonly Parameter[] {
  const { vocabulary, context, dModel, hidden, layers } = shape;
  const width = shape.heads * shape.d;
  const projections = shape.order === 'tensor' ? ['q', 'k1', 'k2', 'v1', 'v2'] : ['q', 'k1', 'v1'];
  const ofLayer = (layer: number): readonly Parameter[] => [
    ...projections.map((side) => ({ name: `layers.${layer}.w_${side}`, rows: dModel, columns: width })),
    { name: `layers.${layer}.w_o`, rows: width, columns: dModel },
    { name: `layers.${layer}.w_up`, rows: dModel, columns: hidden },
    { name: `layers.${layer}.w_down`, rows: hidden, columns: dModel },
  ];
  return [
    { name: 'embed', rows: vocabulary, columns: dModel },
    { name: 'positions', rows: context, columns: dModel },
    ...Array.from({ length: layers }, (_, layer) => ofLayer(layer)).flat(),
  ];
}

/** Numbers in all parameters of a model of this shape. */
export function parameterCount(shape: LanguageModelShape): number {
  return parametersOf(shape).reduce((sum, { rows, columns }) => sum + rows * columns, 0);
}

/** Each parameter as a view of `flat`, by name. */
export function viewsOf(shape: LanguageModelShape, flat: Float32Array): ReadonlyMap<string, Float32Array> {
  let end = 0;
  return new Map(
    parametersOf(shape).map(({ name, rows, columns }) => [name, flat.subarray(end, (end += rows * columns))]),
  );
}

/** A model, or a gradient by one, whose parameters are views of `flat`. */
export function modelOver(shape: LanguageModelShape, flat: Float32Array): LanguageModel {
  const views = viewsOf(shape, flat);
  const at = (name: string) => views.get(name)!;
  return {
    shape,
    embed: at('embed'),
    positions: at('positions'),
    layers: Array.from({ length: shape.layers }, (_, layer) => {
      const of = (name: string) => at(`layers.${layer}.w_${name}`);
      const side2 = (name: string) => (shape.order === 'tensor' ? of(name) : null);
      return {
        projection: { q: of('q'), k1: of('k1'), k2: side2('k2'), v1: of('v1'), v2: side2('v2') },
        ...{ output: of('o'), up: of('up'), down: of('down') },
      };
    }),
  };
}

const TABLE_STD = 0.1; // small beside what layers add; the norm takes the size away anyway

/**
 * Fill `flat` with what training starts from: matrices keep the size of what goes through them (standard deviation
 * 1/√rows), those that add to the residual stream begin with nothing, so that a model begins as its embedding.
 */
export function initialise(shape: LanguageModelShape, flat: Float32Array, random: Random): void {
  const views = viewsOf(shape, flat);
  for (const { name, rows } of parametersOf(shape)) {
    const std = /w_(o|down)$/.test(name) ? 0 : name.startsWith('layers') ? 1 / Math.sqrt(rows) : TABLE_STD;
    const view = views.get(name)!;
    for (let i = 0; i < view.length; i++) view[i] = std * random.gaussian();
  }
}
