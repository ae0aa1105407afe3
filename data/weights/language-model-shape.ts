import { parametersOf, type LanguageModelShape } from '../../src/core/language-model.js';
import { isScale, SCALE_RULE } from '../../src/core/shape.js';
import { badWeights, type SafetensorsFile } from './safetensors.js';

const VERSION = '1'; // of the names, shapes and formulas of a language model's file

/** The shape of every tensor of a language model, by name. */
export function tensorShapes(shape: LanguageModelShape): ReadonlyMap<string, readonly number[]> {
  return new Map(parametersOf(shape).map(({ name, rows, columns }) => [name, [rows, columns]]));
}

/** What metadata says of a language model: what its shapes do not. */
export function modelMetadata({
  order,
  heads,
  d,
  scale,
}: LanguageModelShape): Readonly<Record<string, string>> {
  return {
    'kronflow.model': VERSION,
    'kronflow.order': order,
    'kronflow.heads': `${heads}`,
    'kronflow.d': `${d}`,
    'kronflow.scale': `${scale}`,
  };
}

/**
 * Sizes of a language model from its metadata and the shapes that decide the others.
 * @throws Failure `bad-weights` naming the metadata or the tensor
 */
export function languageModelShape(file: SafetensorsFile): LanguageModelShape {
  const version = file.metadata.get('kronflow.model');
  if (version !== VERSION) throw noModel(file, version);
  const [vocabulary, dModel] = matrixOf(file, 'embed');
  const [context] = matrixOf(file, 'positions');
  const [, hidden] = matrixOf(file, 'layers.0.w_up');
  return {
    layers: layersOf(file),
    heads: wholeNumber(file, 'heads'),
    d: wholeNumber(file, 'd'),
    order: orderOf(file),
    scale: scaleOf(file),
    ...{ dModel, hidden, context, vocabulary, previous: previousOf(file) },
  };
}

function noModel({ path }: SafetensorsFile, version: string | undefined): Error {
  if (version === undefined)
    return badWeights(
      path,
      'its metadata has no kronflow.model: it is no language model',
      'kronflow train and kronflow list models have some; for projections alone pass --weights',
    );
  const what = `its metadata says kronflow.model = ${JSON.stringify(version)}, and only "${VERSION}" is known`;
  return badWeights(path, what, 'a newer kronflow wrote it: install that');
}

/** Rows and columns of a tensor from which other sizes follow. */
function matrixOf({ path, tensors }: SafetensorsFile, name: string): readonly number[] {
  const info = tensors.get(name);
  if (info === undefined) {
    const hint =
      'a language model has embed, previous.1 …, positions and layers.{l}.w_q, w_k1, w_k2, w_v1, w_v2, w_o, w_up, w_down';
    throw badWeights(path, `tensor ${name} is missing`, hint);
  }
  if (info.shape.length === 2 && info.shape.every((size) => size > 0)) return info.shape;
  const what = `tensor ${name} has shape [${info.shape.join(', ')}], wanted a matrix of at least one row and column`;
  throw badWeights(path, what, 'kronflow train writes such files');
}

/** One more than the last layer that has a tensor: what is missing between is named later. */
function layersOf({ tensors }: SafetensorsFile): number {
  const numbers = [...tensors.keys()].map((name) => Number(/^layers\.(\d{1,4})\./.exec(name)?.[1] ?? 0));
  return 1 + numbers.reduce((most, number) => Math.max(most, number), 0);
}

function previousOf({ tensors }: SafetensorsFile): number {
  const numbers = [...tensors.keys()].map((name) => Number(/^previous\.(\d{1,4})$/.exec(name)?.[1] ?? 0));
  return numbers.reduce((most, number) => Math.max(most, number), 0);
}

function said(file: SafetensorsFile, name: string): string {
  const value = file.metadata.get(`kronflow.${name}`);
  if (value !== undefined) return value;
  throw badWeights(
    file.path,
    `its metadata has no kronflow.${name}`,
    'kronflow train writes order, heads, d and scale',
  );
}

function wholeNumber(file: SafetensorsFile, name: string): number {
  const value = Number(said(file, name));
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw wrong(file, name, 'a whole number from 1');
}

function orderOf(file: SafetensorsFile): LanguageModelShape['order'] {
  const order = said(file, 'order');
  if (order === 'tensor' || order === 'matrix') return order;
  throw wrong(file, 'order', 'tensor or matrix');
}

function scaleOf(file: SafetensorsFile): number {
  const scale = Number(said(file, 'scale'));
  if (isScale(scale)) return scale;
  throw wrong(file, 'scale', SCALE_RULE);
}

function wrong(file: SafetensorsFile, name: string, rule: string): Error {
  const what = `its metadata says kronflow.${name} = ${JSON.stringify(said(file, name))}`;
  return badWeights(file.path, what, `it must be ${rule}`);
}
