import {
  modelOf,
  parametersOf,
  type LanguageModel,
  type LanguageModelShape,
} from '../../core/language-model.js';
import type { Random } from '../../core/random.js';

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
  return modelOf(shape, (name) => views.get(name)!);
}

const TABLE_STD = 0.1; // small beside what layers add; the norm takes the size away anyway
const SLOWEST = 10_000; // of the sines that positions start as (Vaswani et al. 2017, section 3.5)

/**
 * Fill `flat` with what training starts from: matrices keep the size of what goes through them (standard deviation
 * 1/√rows), those that add to the residual stream begin with nothing, so that a model begins as its embedding. Positions begin
 * as sines, in which distances are linear.
 */
export function initialise(shape: LanguageModelShape, flat: Float32Array, random: Random): void {
  const views = viewsOf(shape, flat);
  for (const { name, rows, columns } of parametersOf(shape)) {
    const std = /w_(o|down)$/.test(name) ? 0 : name.startsWith('layers') ? 1 / Math.sqrt(rows) : TABLE_STD;
    const view = views.get(name)!;
    for (let i = 0; i < view.length; i++) view[i] = std * random.gaussian();
    if (name === 'positions') fillWithSines(view, columns);
  }
}

function fillWithSines(positions: Float32Array, width: number): void {
  for (let i = 0; i < positions.length; i++) {
    const t = i % width;
    const angle = Math.floor(i / width) / SLOWEST ** ((t - (t % 2)) / width);
    positions[i] = TABLE_STD * (t % 2 === 0 ? Math.sin(angle) : Math.cos(angle));
  }
}
