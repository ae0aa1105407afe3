import { access, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { failureOf, tempFolder } from '../data/sources/testing/bytes.js';
import { CONTAINERS, toTable, type Row } from '../data/sources/testing/recordings.js';
import { readProjectionWeights } from '../data/weights/projection.js';
import { openSafetensors } from '../data/weights/safetensors.js';
import { writeSafetensors, type TensorsToWrite } from '../data/weights/write-safetensors.js';
import { multiplyRows } from '../src/core/multiply-rows.js';
import { randomStream } from '../src/core/random.js';
import { PRUNE_METHODS, pruneWeights, type PruneMethod, type PruneRequest } from './prune.js';

const [HEADS, D, D_MODEL, LAYERS, N] = [2, 3, 5, 2, 24];
const WIDTH = HEADS * D;
const PARTS = { matrix: ['q', 'k1', 'v1'], tensor: ['q', 'k1', 'k2', 'v1', 'v2'] } as const;
type Order = keyof typeof PARTS;

function normals(length: number, ...name: readonly string[]): Float32Array {
  const random = randomStream(7, ...name);
  return Float32Array.from({ length }, () => random.gaussian());
}

function weights(order: Order): Record<string, TensorsToWrite[string]> {
  const tensors: Record<string, TensorsToWrite[string]> = {
    embedding: { shape: [3], data: Float32Array.of(1, 2, 3) },
  };
  for (let layer = 0; layer < LAYERS; layer++)
    for (const part of PARTS[order])
      tensors[`layers.${layer}.w_${part}`] = {
        shape: [D_MODEL, WIDTH],
        data: normals(D_MODEL * WIDTH, 'w', String(layer), part),
      };
  return tensors;
}

/** Rows that these weights make of random inputs, stream 3 before stream 4. */
function recording(tensors: Readonly<Record<string, TensorsToWrite[string]>>, order: Order): Row[] {
  const rows: Row[] = [];
  for (const stream_id of [3, 4])
    for (let pos = 0; pos < N; pos++)
      for (let layer = 0; layer < LAYERS; layer++) {
        const x = normals(D_MODEL, 'x', String([stream_id, pos, layer]));
        const made = PARTS[order].map((part) => {
          const out = new Float32Array(WIDTH);
          multiplyRows(x, tensors[`layers.${layer}.w_${part}`].data, out, 1);
          return [part, out] as const;
        });
        for (let head = 0; head < HEADS; head++)
          rows.push({
            ...{ stream_id, pos, layer, head },
            ...Object.fromEntries(
              made.map(([part, out]) => [part, [...out.subarray(head * D, (head + 1) * D)]]),
            ),
          });
      }
  return rows;
}

/** Weights, a recording they made (or `recorded` did), and a request to prune them. */
async function setUp(
  order: Order,
  method: PruneMethod,
  { given = weights(order), recorded = weights(order), rows = recording(recorded, order) } = {},
): Promise<PruneRequest> {
  const folder = await tempFolder();
  const [path, calibration] = [join(folder, 'w.safetensors'), join(folder, 'r.arrow')];
  await writeSafetensors(path, given);
  await writeFile(calibration, CONTAINERS['arrow-stream'](toTable(rows)));
  return {
    ...{ weights: path, calibration, output: join(folder, 'pruned.safetensors'), tokens: 16, streamId: null },
    ...{ method, ratio: 0.5, lambdas: [0.01, 0.1] },
    descent: { epochs: 20, step: 'backtracking', momentum: 0.9 },
  };
}

describe.each(PRUNE_METHODS)('prune by %s', (method) => {
  it('writes weights that run, masks and counts; nothing else changes', async () => {
    const request = await setUp('matrix', method);
    const report = await pruneWeights(request);
    expect(report).toMatchObject({ order: 'matrix', tokens: 16, stream_id: 3 });
    expect(report.heads.map(({ layer, head }) => [layer, head])).toEqual([
      ...[
        [0, 0],
        [0, 1],
      ],
      ...[
        [1, 0],
        [1, 1],
      ],
    ]);
    const each = method === 'wanda' ? 6 : 8; // of 5 × 3: floor(2.5) of each of 3 columns, or 7.5 rounded
    for (const one of report.heads) {
      expect(one).toMatchObject({ pruned: { q: each, k1: each }, weights: 30, ratio: each / 15 });
      expect(one.error_before).toBeLessThan(1e-10);
      expect(one.error_after).toBeGreaterThan(0.001);
      expect(one.error_after).toBeLessThan(2);
    }
    await expectPruned(request, 'matrix', each);
  });
});

async function expectPruned(request: PruneRequest, order: Order, each: number): Promise<void> {
  const { output } = request;
  await readProjectionWeights(output, { layers: LAYERS, heads: HEADS, d: D, dModel: D_MODEL, order });
  const [before, file] = [weights(order), await openSafetensors(output)];
  try {
    for (const [name, { data }] of Object.entries(before)) {
      const after = await file.read(name);
      const isPruned = /w_(q|k1|k2)$/.test(name);
      expect(file.tensors.has(`${name}.mask`)).toBe(isPruned);
      if (!isPruned) {
        expect(after).toEqual(data);
        continue;
      }
      const mask = await file.read(`${name}.mask`);
      after.forEach((w, i) => expect(w === 0).toBe(mask[i] === 0));
      expect(mask.filter((m) => m === 0)).toHaveLength(HEADS * each);
      if (request.method !== 'sparsegpt') after.forEach((w, i) => expect(w).toBe(mask[i] * data[i] || 0));
    }
  } finally {
    await file.close();
  }
}

describe('prune', () => {
  it('prunes each projection by itself in tensor order, and refuses methods that need one attention matrix', async () => {
    const request = await setUp('tensor', 'magnitude');
    const { heads } = await pruneWeights({ ...request, tokens: 8 });
    expect(heads[3].pruned).toEqual({ q: 8, k1: 8, k2: 8 });
    expect(heads[3].error_before).toBeLessThan(1e-10);
    expect(heads[3].error_after).toBeGreaterThan(0.001);
    await expectPruned(request, 'tensor', 8);
    for (const method of ['gd', 'saliency'] as const) {
      const failure = await failureOf(async () =>
        pruneWeights({ ...request, method, output: `${request.output}2` }),
      );
      expect(failure).toMatchObject({
        code: 'bad-option',
        what: expect.stringMatching(/is of tensor order/),
      });
    }
  });

  it('changes nothing at ratio 0', async () => {
    for (const method of PRUNE_METHODS) {
      const request = await setUp('matrix', method);
      const { heads } = await pruneWeights({ ...request, ratio: 0 });
      expect(heads.every(({ error_after, error_before }) => error_after === error_before)).toBe(true);
      const file = await openSafetensors(request.output);
      expect(await file.read('layers.1.w_k1')).toEqual(weights('matrix')['layers.1.w_k1'].data);
      await file.close();
    }
  });

  it('takes the stream and the tokens it is told to', async () => {
    const request = await setUp('matrix', 'wanda');
    const report = await pruneWeights({ ...request, streamId: 4, tokens: 1000 });
    expect(report).toMatchObject({ stream_id: 4, tokens: N });
  });

  const without = (name: string) =>
    Object.fromEntries(Object.entries(weights('matrix')).filter(([key]) => key !== name));
  const rows = () => recording(weights('matrix'), 'matrix');
  const cases: Record<string, [Partial<PruneRequest>, Parameters<typeof setUp>[2], string, RegExp]> = {
    'ratio 1': [{ ratio: 1 }, {}, 'bad-option', /--ratio = 1: must be at least 0 and less than 1/],
    'ratio -0.1': [{ ratio: -0.1 }, {}, 'bad-option', /--ratio = -0.1/],
    'no number as ratio': [{ ratio: NaN }, {}, 'bad-option', /--ratio = NaN/],
    'a missing tensor': [
      {},
      { given: without('layers.1.w_k1') },
      'bad-weights',
      /tensor layers.1.w_k1 is missing/,
    ],
    'NaN in the weights': [
      {},
      {
        given: { ...weights('matrix'), 'layers.0.w_q': { shape: [5, 6], data: normals(30).fill(NaN, 8, 9) } },
      },
      'bad-weights',
      /layers.0.w_q holds NaN at \[1, 2\]/,
    ],
    'NaN in the recording': [
      {},
      { rows: rows().map((row, i) => (i === 9 ? { ...row, k1: [1, NaN, 2] } : row)) },
      'bad-recording',
      /k1.*NaN|NaN.*k1/,
    ],
    'a recording with other heads': [
      {},
      { rows: rows().filter(({ head }) => head === 0) },
      'bad-input',
      /another model .*1 heads of d = 3 \(3 columns\) were recorded.* 6 columns/,
    ],
    'a recording with fewer layers': [
      {},
      { rows: rows().filter(({ layer }) => layer === 0) },
      'bad-input',
      /another model .*: 1 layers .* 2 layers/,
    ],
    'a recording of other weights': [
      {},
      { recorded: { ...weights('matrix'), 'layers.1.w_k1': { shape: [5, 6], data: normals(30, 'other') } } },
      'bad-input',
      /layer 1 is of another model .* no inputs explain \d\d % of its q, keys and values/,
    ],
    'a stream that is not there': [{ streamId: 9 }, {}, 'bad-input', /stream 9 has 0 steps/],
    'a λ whose step diverges': [
      { method: 'gd', lambdas: [1e-6], descent: { epochs: 5, step: 'fixed', momentum: 0.9 } },
      {},
      'bad-option',
      /layer 0, head 0: λ = 0.000001 diverges.*largest stable step/,
    ],
  };
  it.each(Object.entries(cases))('refuses %s and writes nothing', async (_, [change, files, code, what]) => {
    const request = { ...(await setUp('matrix', 'magnitude', files)), ...change };
    const failure = await failureOf(() => pruneWeights(request));
    expect(failure).toMatchObject({ code, what: expect.stringMatching(what) });
    await expect(access(request.output)).rejects.toThrow(/ENOENT/);
  });

  it('refuses to write over a file', async () => {
    const request = await setUp('matrix', 'magnitude');
    await writeFile(request.output, 'mine');
    expect(await failureOf(() => pruneWeights(request))).toMatchObject({ code: 'exists' });
  });
});
