import { access, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { failureOf, tempFolder } from '../../data/sources/testing/bytes.js';
import { CONTAINERS, toTable, type Row } from '../../data/sources/testing/recordings.js';
import { roundToBf16 } from '../../data/weights/bf16.js';
import { readLanguageModel, writeLanguageModel } from '../../data/weights/language-model.js';
import { openSafetensors } from '../../data/weights/safetensors.js';
import { randomModel } from '../../data/weights/testing/random-model.js';
import { parametersIn, type LanguageModel, type LanguageModelShape } from '../../src/core/language-model.js';
import { multiplyRows } from '../../src/core/multiply-rows.js';
import { randomStream } from '../../src/core/random.js';
import { pruneWeights, type PrunedHeadReport, type PruneRequest } from '../prune.js';

const PARTS = { matrix: ['q', 'k1', 'v1'], tensor: ['q', 'k1', 'k2', 'v1', 'v2'] } as const;
type Order = keyof typeof PARTS;
const N = 24; // tokens of a recording

function normals(length: number, ...name: readonly string[]): Float32Array {
  const random = randomStream(7, ...name);
  return Float32Array.from({ length }, () => random.gaussian());
}

describe('prune of a language model', () => {
  const MODEL = { heads: 2, d: 3, dModel: 8, hidden: 10, context: 6, previous: 1, layers: 2, scale: 0.5 };

  /** A model whose numbers are bfloat16, as those that are trained. */
  function shortModel(shape: Partial<LanguageModelShape>): LanguageModel {
    const model = randomModel(shape);
    for (const { data } of parametersIn(model)) roundToBf16(data);
    return model;
  }

  /** Inputs as a layer norm leaves them, and what the model projects of them. */
  function recordingOf({ shape, layers }: LanguageModel): Row[] {
    return Array.from({ length: N }, (_, pos) =>
      layers.flatMap(({ projection }, layer) => {
        const x = normals(shape.dModel, 'x', String([pos, layer]));
        const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
        const made = PARTS[shape.order].map((part) => {
          const out = new Float32Array(shape.heads * shape.d);
          multiplyRows(
            x.map((value) => value - mean),
            projection[part]!,
            out,
            1,
          );
          return [part, out] as const;
        });
        return Array.from({ length: shape.heads }, (_, head) => ({
          ...{ stream_id: 0, pos, layer, head },
          ...Object.fromEntries(
            made.map(([part, out]) => [part, [...out.subarray(head * shape.d, (head + 1) * shape.d)]]),
          ),
        }));
      }),
    ).flat();
  }

  async function setUpModel(order: Order, change: Partial<LanguageModelShape> = {}) {
    const model = shortModel({ ...MODEL, order });
    const folder = await tempFolder();
    const [path, calibration] = [join(folder, 'm.safetensors'), join(folder, 'r.arrow')];
    await writeLanguageModel(path, model, { 'kronflow.train.seed': '7' });
    const rows = recordingOf(shortModel({ ...MODEL, order, ...change }));
    const scale = change.scale ?? MODEL.scale;
    await writeFile(
      calibration,
      CONTAINERS['arrow-stream'](toTable(rows, { metadata: new Map([['kronflow.scale', `${scale}`]]) })),
    );
    const request: PruneRequest = {
      ...{ weights: path, calibration, output: join(folder, 'p.safetensors'), tokens: 20, streamId: null },
      ...{
        method: 'wanda',
        ratio: 0.5,
        lambdas: [0.1],
        descent: { epochs: 5, step: 'backtracking', momentum: 0.9 },
      },
    };
    return { model, request };
  }

  it.each(['tensor', 'matrix'] as const)(
    'of %s order leaves a model, all else in it as it was',
    async (order) => {
      const { model, request } = await setUpModel(order);
      const { heads } = await pruneWeights(request);
      for (const { error_before, error_after, ratio } of heads) {
        expect(error_before).toBeLessThan(1e-10);
        expect(error_after).toBeGreaterThan(1e-4);
        expect(ratio).toBe(0.5);
      }
      const pruned = await readLanguageModel(request.output);
      expect(pruned.shape).toEqual(model.shape);
      const rest = ({ layers, ...others }: LanguageModel) => ({
        ...others,
        layers: layers.map(({ projection: { v1, v2 }, output, up, down }) => ({ v1, v2, output, up, down })),
      });
      expect(rest(pruned)).toEqual(rest(model));
      const { q } = pruned.layers[1].projection;
      expect(q.filter((w) => w === 0)).toHaveLength(q.length / 2);
      const file = await openSafetensors(request.output);
      expect(file.metadata.get('kronflow.train.seed')).toBe('7');
      expect(file.metadata.get('kronflow.prune.method')).toBe('wanda');
      expect(file.tensors.get('layers.0.w_q.mask')).toMatchObject({ dtype: 'BF16' }); // nothing to round
      await file.close();
    },
  );

  it('in tensor order takes sparsegpt where nobody says how, and keeps the numbers that it makes up whole', async () => {
    const { request } = await setUpModel('tensor');
    const told: number[] = [];
    const onHead = ({ layer, head }: PrunedHeadReport) => void told.push(10 * layer + head);
    const { method } = await pruneWeights({ ...request, method: undefined, onHead });
    expect([method, told]).toEqual(['sparsegpt', [0, 1, 10, 11]]);
    const file = await openSafetensors(request.output);
    expect(file.tensors.get('layers.0.w_q')).toMatchObject({ dtype: 'F32' });
    expect(file.metadata.get('kronflow.prune.method')).toBe('sparsegpt');
    await file.close();
  });

  it('knows that a layer norm left no mean: weights that do not tell it are enough', async () => {
    const { model, request } = await setUpModel('matrix');
    const flat = (w: Float32Array, columns: number) =>
      w.map((value, at) => {
        let mean = 0; // of its column
        for (let row = 0; row < w.length / columns; row++)
          mean += (w[row * columns + (at % columns)] * columns) / w.length;
        return value - mean;
      });
    const layers = model.layers.map((layer) => {
      const { q, k1, v1 } = layer.projection;
      const projection = { q: flat(q, 6), k1: flat(k1, 6), k2: null, v1: flat(v1, 6), v2: null };
      return { ...layer, projection };
    });
    await writeLanguageModel(request.weights, { ...model, layers });
    await writeFile(
      request.calibration,
      CONTAINERS['arrow-stream'](
        toTable(recordingOf({ ...model, layers }), { metadata: new Map([['kronflow.scale', '0.5']]) }),
      ),
    );
    const { heads } = await pruneWeights(request);
    for (const { error_before, error_after } of heads) {
      expect(error_before).toBeLessThan(1e-9);
      expect(error_after).toBeLessThan(2);
    }
  });

  it('refuses a model that no run would take, also for what is not pruned', async () => {
    const { model, request } = await setUpModel('tensor');
    model.layers[1].output[9] = NaN;
    await writeLanguageModel(request.weights, model);
    const failure = await failureOf(() => pruneWeights(request));
    expect(failure).toMatchObject({
      code: 'bad-weights',
      what: expect.stringContaining('layers.1.w_o holds NaN'),
    });
    await expect(access(request.output)).rejects.toThrow(/ENOENT/);
  });

  it.each<[string, Partial<LanguageModelShape>, RegExp]>([
    ['another order', { order: 'matrix' }, /has order = matrix, the model order = tensor/],
    ['other layers', { layers: 1 }, /has layers = 1, the model layers = 2/],
    ['other heads of as many columns', { heads: 3, d: 2 }, /has heads = 3, the model heads = 2/],
    ['another scale', { scale: 1 }, /has scale = 1, the model scale = 0.5/],
  ])('refuses a recording with %s', async (_, change, what) => {
    const { request } = await setUpModel('tensor', change);
    const failure = await failureOf(() => pruneWeights(request));
    expect(failure).toMatchObject({ code: 'bad-input', what: expect.stringMatching(what) });
    await expect(access(request.output)).rejects.toThrow(/ENOENT/);
  });
});
