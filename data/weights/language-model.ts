import type { LanguageModel, LanguageModelLayer, LanguageModelShape } from '../../src/core/language-model.js';
import type { ProjectionWeights } from '../../src/core/weights.js';
import type { Written } from '../sinks/out-file.js';
import { checkShapes, readFinite } from './check-tensors.js';
import { languageModelShape, modelMetadata, tensorShapes } from './language-model-shape.js';
import { openSafetensors, type SafetensorsFile } from './safetensors.js';
import { writeSafetensors, type TensorsToWrite } from './write-safetensors.js';

/**
 * Read a language model: tensors `embed` [vocabulary, dModel], `positions` [context, dModel], and for each layer
 * `layers.{l}.w_q`, `.w_k1`, `.w_k2`, `.w_v1`, `.w_v2` [dModel, heads·d], `.w_o` [heads·d, dModel], `.w_up`
 * [dModel, hidden], `.w_down` [hidden, dModel], so that output = input · W; metadata says order, heads, d and scale.
 * All names and shapes are checked before the first tensor is read; other tensors, such as masks, may be there.
 *
 * @throws Failure `bad-weights` naming the tensor (missing, another shape or dtype, NaN or Inf) or the metadata; and as
 * `openSafetensors`
 */
export async function readLanguageModel(path: string): Promise<LanguageModel> {
  return withModel(path, async (file, shape) => {
    const layers: LanguageModelLayer[] = [];
    const [embed, positions] = [await readFinite(file, 'embed'), await readFinite(file, 'positions')];
    for (let layer = 0; layer < shape.layers; layer++) layers.push(await readLayer(file, layer, shape));
    return { shape, embed, positions, layers };
  });
}

/**
 * The sizes of a language model: its header is read and checked, and no tensor.
 * @throws Failure as `readLanguageModel`, except for what its numbers are
 */
export async function readLanguageModelShape(path: string): Promise<LanguageModelShape> {
  return withModel(path, (_, shape) => Promise.resolve(shape));
}

/**
 * Write a language model as `readLanguageModel` reads it, the whole file or none. `metadata` is kept beside what reading needs.
 * @throws Failure `disk-full` or `not-writable`
 */
export async function writeLanguageModel(
  path: string,
  { shape, embed, positions, layers }: LanguageModel,
  metadata: Readonly<Record<string, string>> = {},
): Promise<Written> {
  const data = new Map<string, Float32Array>([
    ['embed', embed],
    ['positions', positions],
  ]);
  for (const [l, { projection, output, up, down }] of layers.entries()) {
    const { q, k1, k2, v1, v2 } = projection;
    const named = { q, k1, k2, v1, v2, o: output, up, down };
    for (const [name, w] of Object.entries(named)) if (w !== null) data.set(`layers.${l}.w_${name}`, w);
  }
  const tensors: Record<string, TensorsToWrite[string]> = {};
  for (const [name, sizes] of tensorShapes(shape)) tensors[name] = { shape: sizes, data: data.get(name)! };
  return writeSafetensors(path, tensors, { ...metadata, ...modelMetadata(shape) });
}

async function withModel<T>(
  path: string,
  work: (file: SafetensorsFile, shape: LanguageModelShape) => Promise<T>,
): Promise<T> {
  const file = await openSafetensors(path);
  try {
    const shape = languageModelShape(file);
    checkShapes(file, tensorShapes(shape), {
      rule: 'heads and d are in the metadata; dModel and vocabulary follow from embed, context from positions, hidden from layers.0.w_up',
      needs: 'it needs embed, positions and layers.{l}.w_q, w_k1, w_k2, w_v1, w_v2, w_o, w_up, w_down',
    });
    return await work(file, shape);
  } finally {
    await file.close();
  }
}

async function readLayer(
  file: SafetensorsFile,
  layer: number,
  { order }: LanguageModelShape,
): Promise<LanguageModelLayer> {
  const read = (name: string) => readFinite(file, `layers.${layer}.w_${name}`);
  const side2 = (name: string) => (order === 'tensor' ? read(name) : null);
  const projection: ProjectionWeights = {
    q: await read('q'),
    k1: await read('k1'),
    k2: await side2('k2'),
    v1: await read('v1'),
    v2: await side2('v2'),
  };
  return { projection, output: await read('o'), up: await read('up'), down: await read('down') };
}
