import type { ModelShape } from '../../src/core/shape.js';
import type { ProjectionWeights } from '../../src/core/weights.js';
import { checkShapes, readFinite } from './check-tensors.js';
import { openSafetensors, type SafetensorsFile } from './safetensors.js';

/** What the weights must fit. */
export type ProjectionShape = Pick<ModelShape, 'layers' | 'heads' | 'd' | 'order'> & {
  /** Length of the residual stream. */
  readonly dModel: number;
};

/**
 * Read W_Q, W_K1, W_K2, W_V1 and W_V2 of every layer: tensors `layers.{l}.w_q`, `.w_k1`, `.w_k2`, `.w_v1`, `.w_v2`
 * of shape [dModel, heads·d], so that q = x·W_Q. Columns head·d … head·d + d − 1 belong to a head. All names and
 * shapes are checked before the first tensor is read; other tensors may be there.
 *
 * @throws Failure `bad-weights` naming the tensor: missing, another shape, NaN or Inf; and as `openSafetensors`
 */
export async function readProjectionWeights(
  path: string,
  shape: ProjectionShape,
): Promise<readonly ProjectionWeights[]> {
  const file = await openSafetensors(path);
  try {
    const sides = shape.order === 'tensor' ? ['q', 'k1', 'k2', 'v1', 'v2'] : ['q', 'k1', 'v1'];
    const names = Array.from({ length: shape.layers }, (_, l) =>
      sides.map((side) => `layers.${l}.w_${side}`),
    );
    checkTensors(file, names.flat(), shape);
    const layers: ProjectionWeights[] = [];
    for (let layer = 0; layer < shape.layers; layer++) {
      const read = (name: string) => readFinite(file, `layers.${layer}.w_${name}`);
      const side2 = (name: string) => (shape.order === 'tensor' ? read(name) : null);
      layers.push({
        q: await read('q'),
        k1: await read('k1'),
        k2: await side2('k2'),
        v1: await read('v1'),
        v2: await side2('v2'),
      });
    }
    return layers;
  } finally {
    await file.close();
  }
}

function checkTensors(file: SafetensorsFile, names: readonly string[], shape: ProjectionShape): void {
  const { dModel, heads, d } = shape;
  const rule = `the shape is [dModel, heads·d] with ${heads} heads of d = ${d}; set --heads and --d as the weights have them`;
  const needs = 'it needs layers.{l}.w_q, w_k1, w_k2, w_v1, w_v2';
  checkShapes(file, new Map(names.map((name) => [name, [dModel, heads * d]])), { rule, needs });
}
