import { describe, expect, it } from 'vitest';
import { parametersOf, type LanguageModelShape } from '../../core/language-model.js';
import { randomStream } from '../../core/random.js';
import { backward } from './backward.js';
import { crossEntropy } from './cross-entropy.js';
import { createDropout } from './dropout.js';
import { forward } from './forward.js';
import { initialise, modelOver, parameterCount } from './parameters.js';
import { referenceKernels } from './reference-kernels.js';

const SHAPE: LanguageModelShape = {
  ...{ order: 'tensor', layers: 2, heads: 2, d: 3, scale: 0.5 },
  ...{ dModel: 7, hidden: 5, context: 6, vocabulary: 9, previous: 2 },
};
const STEP = 2e-4; // the fourth order leaves 1e-9 of the largest slope
const kernels = referenceKernels;
const ids = [3, 1, 4, 1, 5];
const targets = [1, 4, 1, 5, -1]; // nobody knows what follows the last

/** Parameters in float64, so that differences of the loss tell small gradients apart; no zeros among them. */
function parameters(shape: LanguageModelShape): Float32Array {
  const random = randomStream(8, 'model');
  const flat = Float64Array.from({ length: parameterCount(shape) }, () => 0.5 * random.gaussian());
  return flat as unknown as Float32Array;
}

const leaveOut = (share: number) => (share === 0 ? null : createDropout(share, 4)); // the same each time

function lossOf(shape: LanguageModelShape, flat: Float32Array, share: number): number {
  const { logits } = forward(modelOver(shape, flat), ids, { kernels, dropout: leaveOut(share) });
  return crossEntropy(logits, targets, 1).reduce((sum, loss) => sum + loss, 0);
}

describe.each(['tensor', 'matrix'] as const)('a model of %s order', (order) => {
  const shape = { ...SHAPE, order };

  it.each([0, 0.3])('has the gradient that differences of its loss show, %f left out', (share) => {
    const flat = parameters(shape);
    const gradient = flat.map(() => 0);
    const pass = forward(modelOver(shape, flat), ids, { kernels, dropout: leaveOut(share) });
    crossEntropy(pass.logits, targets, 1);
    backward(modelOver(shape, flat), pass, modelOver(shape, gradient), { kernels });
    const largest = gradient.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    for (let i = share === 0 ? 0 : 3; i < flat.length; i += 7) {
      // of every matrix some
      const moved = (by: number) => lossOf(shape, flat.with(i, flat[i] + by), share);
      const slope = (8 * (moved(STEP) - moved(-STEP)) - (moved(2 * STEP) - moved(-2 * STEP))) / (12 * STEP);
      expect(Math.abs(gradient[i] - slope) / largest, `parameter ${i}`).toBeLessThan(1e-7);
    }
  });

  it('says nothing of a token from later ones', () => {
    const model = modelOver(shape, parameters(shape));
    const [short, long] = [3, 5].map((n) => forward(model, ids.slice(0, n), { kernels }).logits);
    expect([...long.subarray(0, short.length)]).toEqual([...short]);
  });
});

it('is as likely for every token before it has learned anything', () => {
  const flat = new Float32Array(parameterCount(SHAPE));
  initialise(SHAPE, flat, randomStream(1, 'initial'));
  const model = modelOver(SHAPE, flat);
  for (const table of [model.embed, ...model.previous]) table.fill(0);
  const losses = crossEntropy(forward(model, ids, { kernels }).logits, targets, 1);
  for (const loss of losses.subarray(0, 4)) expect(loss).toBeCloseTo(Math.log(9), 6);
  expect(losses[4]).toBe(0);
});

it('lays its parameters one after the other, without gaps', () => {
  const flat = Float32Array.from({ length: parameterCount(SHAPE) }, (_, i) => i);
  const { embed, previous, positions, layers } = modelOver(SHAPE, flat);
  const all = [embed, ...previous, positions, ...layers.flatMap(({ projection, output, up, down }) =>
    [projection.q, projection.k1, projection.k2!, projection.v1, projection.v2!, output, up, down])]; // prettier-ignore
  expect(all.flatMap((view) => [...view])).toEqual([...flat]);
  expect(parametersOf(SHAPE).find(({ name }) => name === 'layers.1.w_down')).toEqual({
    ...{ name: 'layers.1.w_down', rows: 5, columns: 7 },
  });
});
