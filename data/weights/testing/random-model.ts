import {
  modelOf,
  parametersOf,
  type LanguageModel,
  type LanguageModelShape,
} from '../../../src/core/language-model.js';
import { randomStream } from '../../../src/core/random.js';

/** Sizes of a model that takes milliseconds. */
export const SMALL: LanguageModelShape = {
  ...{ layers: 2, heads: 2, d: 4, order: 'tensor', scale: 0.5 },
  ...{ dModel: 12, hidden: 20, context: 16, vocabulary: 256, previous: 2 },
};

/** A language model of seeded Gaussian numbers, of such a size that its predictions differ. */
export function randomModel(sizes: Partial<LanguageModelShape> = {}, seed = 1): LanguageModel {
  const shape = { ...SMALL, ...sizes };
  const parameters = new Map(parametersOf(shape).map((parameter) => [parameter.name, parameter]));
  return modelOf(shape, (name) => {
    const { rows, columns } = parameters.get(name)!;
    const size = name.startsWith('layers') ? 1 / Math.sqrt(rows) : 0.5;
    const random = randomStream(seed, 'model', name);
    return Float32Array.from({ length: rows * columns }, () => size * random.gaussian());
  });
}
