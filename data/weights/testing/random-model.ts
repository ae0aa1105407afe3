import type { LanguageModel, LanguageModelShape } from '../../../src/core/language-model.js';
import { randomStream } from '../../../src/core/random.js';

/** Sizes of a model that takes milliseconds. */
export const SMALL: LanguageModelShape = {
  ...{ layers: 2, heads: 2, d: 4, order: 'tensor', scale: 0.5 },
  ...{ dModel: 12, hidden: 20, context: 16, vocabulary: 256 },
};

/** A language model of seeded Gaussian numbers, of such a size that its predictions differ. */
export function randomModel(sizes: Partial<LanguageModelShape> = {}, seed = 1): LanguageModel {
  const shape = { ...SMALL, ...sizes };
  const { layers, heads, d, order, dModel, hidden, context, vocabulary } = shape;
  const matrix = (name: string, rows: number, columns: number, size = 1 / Math.sqrt(rows)) => {
    const random = randomStream(seed, 'model', name);
    return Float32Array.from({ length: rows * columns }, () => size * random.gaussian());
  };
  const layer = (l: number) => {
    const side = (name: string) => matrix(`${l}/${name}`, dModel, heads * d);
    const side2 = (name: string) => (order === 'tensor' ? side(name) : null);
    return {
      projection: { q: side('q'), k1: side('k1'), k2: side2('k2'), v1: side('v1'), v2: side2('v2') },
      output: matrix(`${l}/o`, heads * d, dModel),
      up: matrix(`${l}/up`, dModel, hidden),
      down: matrix(`${l}/down`, hidden, dModel),
    };
  };
  return {
    shape,
    embed: matrix('embed', vocabulary, dModel, 0.5),
    positions: matrix('positions', context, dModel, 0.5),
    layers: Array.from({ length: layers }, (_, l) => layer(l)),
  };
}
