import { readProjectionWeights } from '../data/weights/projection.js';
import { gaussianWeights, scaleToScoreStd } from '../operators/projection-weights.js';
import { randomStream } from '../src/core/random.js';
import type { ProjectionWeights } from '../src/core/weights.js';
import type { Config } from './config.js';
import { shapeOf } from './resolve.js';

/**
 * Projection weights of every layer: from a file, or seeded Gaussian; scaled to the wanted score deviation.
 * @throws Failure `bad-weights` or `not-found`
 */
export async function loadWeights({
  seed,
  model,
}: Pick<Config, 'seed' | 'model'>): Promise<readonly ProjectionWeights[]> {
  const shape = shapeOf({ model });
  const layers =
    model.weights === null
      ? Array.from({ length: shape.layers }, (_, layer) =>
          gaussianWeights(shape, (name) => randomStream(seed, 'weights', layer, name)),
        )
      : await readProjectionWeights(model.weights, { ...shape, dModel: shape.heads * shape.d });
  const { scoreStd } = model;
  return scoreStd === null ? layers : layers.map((weights) => scaleToScoreStd(weights, shape, scoreStd));
}
