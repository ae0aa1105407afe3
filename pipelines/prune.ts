import { performance } from 'node:perf_hooks';
import { refuseExisting } from '../data/importers/import-files.js';
import { isBf16 } from '../data/weights/bf16.js';
import { readFinite } from '../data/weights/check-tensors.js';
import { readProjectionWeights } from '../data/weights/projection.js';
import { readLanguageModelShape } from '../data/weights/language-model.js';
import { openSafetensors, type SafetensorsFile } from '../data/weights/safetensors.js';
import { writeSafetensors, type TensorsToWrite } from '../data/weights/write-safetensors.js';
import { Failure } from '../src/core/failure.js';
import type { ModelShape } from '../src/core/shape.js';
import { matrixOf, multiply, type DenseMatrix } from '../src/lab/matrix.js';
import { causalAttention, relativeError } from '../src/lab/pruning/attention.js';
import { checkRatio, type Pruned } from '../src/lab/pruning/masks.js';
import { relativePairError } from '../src/lab/pruning/pair-attention.js';
import { layerInputs, readCalibration, type Calibration, type RecordedWeights } from './prune/calibration.js';
import { chooseMethod, pruneHead, type PruneMethod, type PruneSettings } from './prune/methods.js';

export { PRUNE_METHODS, type PruneMethod, type PruneSettings } from './prune/methods.js';

/** What to prune with what, and where the result goes. */
export interface PruneRequest extends Omit<PruneSettings, 'method'> {
  /** Default: gd, and sparsegpt in tensor order, where gd has no meaning. */
  readonly method?: PruneMethod | undefined;
  readonly weights: string;
  readonly calibration: string;
  readonly output: string;
  /** Most tokens of the recording to calibrate on. */
  readonly tokens: number;
  /** Null: the first stream of the recording. */
  readonly streamId: number | null;
  /** Told of every head when it is done. */
  onHead?(head: PrunedHeadReport): void;
}

/** What was pruned of one head. Errors are |A − f|²/|A|², A the attention of the recorded rows. */
export interface PrunedHeadReport {
  readonly layer: number;
  readonly head: number;
  /** Weights that became 0, of those there are, per projection. */
  readonly pruned: Readonly<Record<string, number>>;
  readonly weights: number;
  readonly ratio: number;
  readonly error_before: number;
  readonly error_after: number;
  readonly lambda: number | null;
  readonly ms: number;
}

/** What `pruneWeights` did. */
export interface PruneReport {
  readonly weights: string;
  readonly calibration: string;
  readonly output: string;
  readonly bytes: number;
  readonly method: PruneMethod;
  readonly ratio: number;
  readonly order: 'tensor' | 'matrix';
  readonly stream_id: number;
  readonly tokens: number;
  readonly heads: readonly PrunedHeadReport[];
}

/**
 * Prune W_Q and W_K1 (and W_K2 in tensor order) of every layer and head, so that attention over the tokens of a recording
 * changes little. Writes all tensors of the weights, and masks as `layers.{l}.w_q.mask`, with all metadata, so that a
 * language model stays one: as BF16 where that rounds no number of the file, else as F32; the whole file or none.
 *
 * @throws Failure `bad-option` for a ratio outside [0, 1), a method that needs matrix order, or a λ that diverges; `bad-input`
 * for a recording of another model; `exists`; and as weights and recordings
 */
export async function pruneWeights(asked: PruneRequest): Promise<PruneReport> {
  checkRatio(asked.ratio, '--ratio');
  await refuseExisting(asked.output);
  const calibration = await readCalibration(asked.calibration, asked);
  const { shape, streamId, tokens } = calibration;
  const request = { ...asked, method: chooseMethod(asked.method, shape.order, asked.calibration) };
  const { dModel, tensors, metadata, isModel } = await readAll(request.weights, calibration);
  const layers = await readProjectionWeights(request.weights, { ...shape, dModel });
  const heads = layers.flatMap((weights, layer) =>
    pruneLayer({ request, calibration, weights, layer, dModel, tensors, isCentred: isModel }),
  );
  const isShort = Object.values(tensors).every(({ data }) => isBf16(data));
  const words = { ...metadata, ...metadataOf(request) };
  const { bytes } = await writeSafetensors(request.output, tensors, words, isShort ? 'BF16' : 'F32');
  const { weights, output, method, ratio } = request;
  const { order } = shape;
  const paths = { weights, calibration: request.calibration, output };
  return { ...paths, bytes, method, ratio, order, stream_id: streamId, tokens, heads };
}

type Tensors = Record<string, TensorsToWrite[string]>;

/** Every tensor and word of the file, and the rows of its projections, after a look whether they are of the recorded model. */
async function readAll(path: string, calibration: Calibration) {
  const file = await openSafetensors(path);
  try {
    const isModel = file.metadata.has('kronflow.model');
    if (isModel) refuseOtherShape(await readLanguageModelShape(path), path, calibration);
    const dModel = refuseOtherWidth(file, calibration);
    const tensors: Tensors = {};
    for (const [name, { shape }] of file.tensors) {
      const data = isModel ? await readFinite(file, name) : await file.read(name); // no run takes a model with NaN
      tensors[name] = { shape, data };
    }
    return { dModel, tensors, metadata: Object.fromEntries(file.metadata), isModel };
  } finally {
    await file.close();
  }
}

/** A language model says what the columns of its projections are: as many may be other heads. */
function refuseOtherShape(model: ModelShape, path: string, { path: recording, shape }: Calibration): void {
  for (const key of ['order', 'layers', 'heads', 'd', 'scale'] as const) {
    if (shape[key] === model[key]) continue;
    throw new Failure(
      'bad-input',
      `${recording} is of another model than ${path}: it has ${key} = ${shape[key]}, the model ${key} = ${model[key]}`,
      'record with this model: `kronflow record --model`',
    );
  }
}

/** The rows of the projections; of weights that are no model the columns tell whether they were recorded. */
function refuseOtherWidth({ path, tensors }: SafetensorsFile, calibration: Calibration): number {
  const { path: recording, shape } = calibration;
  const layers = [...tensors.keys()].filter((name) => /^layers\.\d+\.w_q$/.test(name)).length;
  const width = shape.heads * shape.d;
  const found = tensors.get('layers.0.w_q');
  if (found === undefined) return width; // whoever reads it says so
  const [dModel, columns] = found.shape;
  if (columns === width && layers === shape.layers) return dModel;
  throw new Failure(
    'bad-input',
    `${recording} is of another model than ${path}: ${shape.layers} layers and ${shape.heads} heads of d = ${shape.d} ` +
      `(${width} columns) were recorded, the weights have ${layers} layers and ${columns} columns`,
    'record with these weights: `kronflow record --weights`',
  );
}

type Chosen = PruneRequest & PruneSettings;

interface LayerWork extends Omit<RecordedWeights, 'path'> {
  readonly request: Chosen;
  readonly calibration: Calibration;
  readonly layer: number;
  readonly tensors: Tensors;
}

/** Prune all heads of a layer, in `tensors` too. */
function pruneLayer(work: LayerWork): readonly PrunedHeadReport[] {
  const { request, calibration, layer, tensors, ...known } = work;
  const parts = prunedParts(calibration.shape);
  const x = layerInputs(calibration, layer, { ...known, path: request.weights });
  for (const part of parts) {
    const name = `layers.${layer}.w_${part}`;
    const { shape, data } = tensors[name];
    tensors[name] = { shape, data: data.slice() };
    tensors[`${name}.mask`] = { shape, data: new Float32Array(data.length) };
  }
  return Array.from({ length: calibration.shape.heads }, (_, head) => {
    const report = pruneOne(work, x, head);
    request.onHead?.(report);
    return report;
  });
}

const prunedParts = ({ order }: Pick<ModelShape, 'order'>) =>
  order === 'tensor' ? (['q', 'k1', 'k2'] as const) : (['q', 'k1'] as const);

/** Prune one head with the inputs of its layer. */
function pruneOne(
  { request, calibration, weights, layer, dModel, tensors }: LayerWork,
  x: DenseMatrix,
  head: number,
): PrunedHeadReport {
  const { heads, d, scale } = calibration.shape;
  const parts = prunedParts(calibration.shape);
  const columns = (data: ArrayLike<number>, rows: number) =>
    matrixOf(rows, d, (i, j) => data[i * heads * d + head * d + j]);
  const projections = parts.map((part) => columns(weights[part]!, dModel));
  const recorded = parts.map((part) => columns(calibration.rows(layer, part).data, x.rows));
  const start = performance.now();
  const { projections: pruned, lambda } = ofHead(layer, head, () =>
    pruneHead({ x, projections, scale }, request),
  );
  const ms = performance.now() - start;
  const errorOf = (all: readonly DenseMatrix[]) => {
    const rows = all.map((w, i) => biased(multiply(x, w), parts[i] === 'k2' ? calibration.bias.k2 : 0));
    return attentionError(recorded, rows, scale);
  };
  pruned.forEach((one, i) => store(one, tensors, `layers.${layer}.w_${parts[i]}`, head * d));
  const counts = pruned.map(({ mask }) => mask.data.reduce((zeros, kept) => zeros + 1 - kept, 0));
  const all = projections.length * dModel * d;
  return {
    ...{ layer, head, weights: all, lambda, ms },
    pruned: Object.fromEntries(parts.map((part, i) => [part, counts[i]])),
    ratio: counts.reduce((sum, count) => sum + count, 0) / all,
    error_before: errorOf(projections),
    error_after: errorOf(pruned.map(({ weight }) => weight)),
  };
}

/** Say which head a failure is about. */
function ofHead<T>(layer: number, head: number, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure(error.code, `layer ${layer}, head ${head}: ${error.what}`, error.hint, {
      cause: error,
    });
  }
}

function biased(rows: DenseMatrix, bias: number): DenseMatrix {
  return bias === 0 ? rows : { ...rows, data: rows.data.map((y) => y + bias) };
}

/** Of attention matrices for q and k, of attention over pairs for q, k1 and k2. */
function attentionError(
  [q, k1, k2]: readonly DenseMatrix[],
  [otherQ, otherK1, otherK2]: readonly DenseMatrix[],
  scale: number,
): number {
  if (k2 === undefined)
    return relativeError(causalAttention(q, k1, scale), causalAttention(otherQ, otherK1, scale));
  return relativePairError({ q, k1, k2 }, { q: otherQ, k1: otherK1, k2: otherK2 }, scale);
}

/** Put the columns of one head into the tensor and its mask. */
function store({ weight, mask }: Pruned, tensors: Tensors, name: string, first: number): void {
  const { shape, data } = tensors[name];
  const masks = tensors[`${name}.mask`].data;
  for (let at = 0; at < weight.data.length; at++) {
    const to = Math.floor(at / weight.columns) * shape[1] + first + (at % weight.columns);
    data[to] = weight.data[at];
    masks[to] = mask.data[at];
  }
}

function metadataOf({ method, ratio, lambdas, tokens }: Chosen): Record<string, string> {
  const said = { method, ratio, tokens, ...(method === 'gd' ? { lambdas: lambdas.join(',') } : {}) };
  return Object.fromEntries(
    Object.entries(said).map(([key, value]) => [`kronflow.prune.${key}`, String(value)]),
  );
}
