import {
  modelOf,
  parametersIn,
  parametersOf,
  type LanguageModel,
  type LanguageModelShape,
} from '../../src/core/language-model.js';
import type { Written } from '../sinks/out-file.js';
import { checkShapes, readFinite } from './check-tensors.js';
import { languageModelShape, modelMetadata, tensorShapes } from './language-model-shape.js';
import { openSafetensors, type SafetensorsFile } from './safetensors.js';
import { writeSafetensors, type TensorsToWrite, type WrittenDtype } from './write-safetensors.js';

/**
 * Read a language model: tensors `embed` [vocabulary, dModel], `previous.1` … (as many as there are) of the
 * same shape, `positions` [context, dModel], and for each layer
 * `layers.{l}.w_q`, `.w_k1`, `.w_k2`, `.w_v1`, `.w_v2` [dModel, heads·d], `.w_o` [heads·d, dModel], `.w_up`
 * [dModel, hidden], `.w_down` [hidden, dModel], so that output = input · W; metadata says order, heads, d and scale.
 * All names and shapes are checked before the first tensor is read; other tensors, such as masks, may be there.
 *
 * @throws Failure `bad-weights` naming the tensor (missing, another shape or dtype, NaN or Inf) or the metadata; and as
 * `openSafetensors`
 */
export async function readLanguageModel(path: string): Promise<LanguageModel> {
  return withModel(path, async (file, shape) => {
    const tensors = new Map<string, Float32Array>();
    for (const { name } of parametersOf(shape)) tensors.set(name, await readFinite(file, name));
    return modelOf(shape, (name) => tensors.get(name)!);
  });
}

/**
 * The sizes of a language model: its header is read and checked, and no tensor.
 * @throws Failure as `readLanguageModel`, except for what its numbers are
 */
export async function readLanguageModelShape(path: string): Promise<LanguageModelShape> {
  return withModel(path, (_, shape) => Promise.resolve(shape));
}

/** A training that ended before its last step. */
export interface Unfinished {
  readonly steps: number;
  readonly planned: number;
}

/**
 * How far a model was trained that `kronflow train` was stopped at; null for all others.
 * @throws Failure as `openSafetensors`
 */
export async function readUnfinished(path: string): Promise<Unfinished | null> {
  const file = await openSafetensors(path);
  await file.close();
  const said = (name: string) => Number(file.metadata.get(`kronflow.train.${name}`) ?? NaN);
  const [steps, planned] = [said('steps'), said('planned_steps')];
  return steps < planned ? { steps, planned } : null;
}

/**
 * Write a language model as `readLanguageModel` reads it, the whole file or none. `metadata` is kept beside what reading needs.
 * @throws Failure `disk-full` or `not-writable`
 */
export async function writeLanguageModel(
  path: string,
  model: LanguageModel,
  metadata: Readonly<Record<string, string>> = {},
  dtype: WrittenDtype = 'F32',
): Promise<Written> {
  const tensors: Record<string, TensorsToWrite[string]> = {};
  for (const { name, rows, columns, data } of parametersIn(model)) {
    tensors[name] = { shape: [rows, columns], data };
  }
  return writeSafetensors(path, tensors, { ...metadata, ...modelMetadata(model.shape) }, dtype);
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
      needs:
        'it needs embed, previous.1 … as far as there are any, positions and layers.{l}.w_q, w_k1, w_k2, w_v1, w_v2, w_o, w_up, w_down',
    });
    return await work(file, shape);
  } finally {
    await file.close();
  }
}
