import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readProjectionWeights, type ProjectionShape } from './projection.js';
import { writeSafetensors, type TensorsToWrite } from './testing/write-safetensors.js';

async function tempPath(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kronflow-weights-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return join(folder, 'w.safetensors');
}

const SHAPE: ProjectionShape = { layers: 2, heads: 2, d: 3, dModel: 4, order: 'tensor' };

function weights(
  change: (tensors: Record<string, TensorsToWrite[string]>) => void = () => undefined,
): TensorsToWrite {
  const tensors: Record<string, TensorsToWrite[string]> = {};
  for (const layer of [0, 1]) {
    ['q', 'k1', 'k2', 'v1', 'v2'].forEach((name, i) => {
      const data = Float32Array.from({ length: 24 }, (_, at) => 1000 * layer + 100 * i + at);
      tensors[`layers.${layer}.w_${name}`] = { shape: [4, 6], data };
    });
  }
  change(tensors);
  return tensors;
}

async function failure(path: string, shape = SHAPE) {
  return readProjectionWeights(path, shape).then(
    () => Promise.reject(new Error('it did not fail')),
    (error: unknown) => error as { code: string; what: string; hint: string },
  );
}

describe('projection weights', () => {
  it('are read layer by layer', async () => {
    const path = await tempPath();
    await writeSafetensors(path, weights());
    const layers = await readProjectionWeights(path, SHAPE);
    expect(layers).toHaveLength(2);
    expect(layers[1].k2![5]).toBe(1205);
    expect(layers[0].q).toHaveLength(24);
  });

  it('need no side 2 in matrix order', async () => {
    const path = await tempPath();
    await writeSafetensors(
      path,
      weights((all) => ['k2', 'v2'].forEach((name) => delete all[`layers.1.w_${name}`])),
    );
    const [, second] = await readProjectionWeights(path, { ...SHAPE, order: 'matrix' });
    expect([second.k2, second.v2, second.v1[0]]).toEqual([null, null, 1300]);
    expect(await failure(path)).toMatchObject({
      code: 'bad-weights',
      what: `${path}: tensor layers.1.w_k2 is missing`,
    });
  });

  it.each<[string, Parameters<typeof weights>[0], string, string]>([
    [
      'a missing tensor',
      (all) => {
        all['layers.1.wk1'] = all['layers.1.w_k1'];
        delete all['layers.1.w_k1'];
      },
      'tensor layers.1.w_k1 is missing',
      'the nearest of the 10 tensors: layers.1.wk1',
    ],
    [
      'another shape',
      (all) => {
        all['layers.0.w_v2'] = { shape: [6, 4], data: new Float32Array(24) };
      },
      'tensor layers.0.w_v2 has shape [6, 4], wanted [4, 6]',
      '2 heads of d = 3',
    ],
    [
      'another rank',
      (all) => {
        all['layers.0.w_q'] = { shape: [24], data: new Float32Array(24) };
      },
      'tensor layers.0.w_q has shape [24], wanted [4, 6]',
      'dModel',
    ],
    [
      'NaN',
      (all) => {
        all['layers.1.w_v1'].data[10] = NaN;
      },
      'tensor layers.1.w_v1 holds NaN at [1, 4]',
      'finite',
    ],
    [
      'Inf',
      (all) => {
        all['layers.0.w_k2'].data[23] = -Infinity;
      },
      'tensor layers.0.w_k2 holds -Infinity at [3, 5]',
      'finite',
    ],
  ])('are refused: %s', async (_, change, what, hint) => {
    const path = await tempPath();
    await writeSafetensors(path, weights(change));
    const found = await failure(path);
    expect(found).toMatchObject({ code: 'bad-weights', what: `${path}: ${what}` });
    expect(found.hint).toContain(hint);
  });
});
