import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readLanguageModel, readLanguageModelShape, writeLanguageModel } from './language-model.js';
import { modelMetadata } from './language-model-shape.js';
import { findModel, listModels } from './named-models.js';
import { openSafetensors } from './safetensors.js';
import { randomModel, SMALL } from './testing/random-model.js';
import { writeSafetensors, type TensorsToWrite } from './write-safetensors.js';

async function tempPath(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kronflow-model-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return join(folder, 'm.safetensors');
}

type Change = (tensors: Record<string, TensorsToWrite[string]>, metadata: Record<string, string>) => void;

/** What reading says of a small model that was changed. */
async function failure(change: Change) {
  const path = await tempPath();
  await writeLanguageModel(path, randomModel());
  const file = await openSafetensors(path);
  const tensors: Record<string, TensorsToWrite[string]> = {};
  for (const [name, { shape }] of file.tensors) tensors[name] = { shape, data: await file.read(name) };
  await file.close();
  const metadata = { ...modelMetadata(SMALL) };
  change(tensors, metadata);
  await writeSafetensors(path, tensors, metadata);
  return readLanguageModel(path).then(
    () => Promise.reject(new Error('it did not fail')),
    (error: unknown) => {
      const { code, what, hint } = error as { code: string; what: string; hint: string };
      return { code, what: what.replace(`${path}: `, ''), hint };
    },
  );
}

describe('a language model', () => {
  it.each(['tensor', 'matrix'] as const)('of %s order is read as it was written', async (order) => {
    const path = await tempPath();
    const model = randomModel({ order, heads: 3 });
    await writeLanguageModel(path, model, { 'training.seed': '7' });
    expect(await readLanguageModel(path)).toEqual(model);
    expect(await readLanguageModelShape(path)).toEqual(model.shape);
    const file = await openSafetensors(path);
    expect(file.metadata.get('training.seed')).toBe('7');
    await file.close();
  });

  it.each<[string, Change, { what: string; hint?: RegExp }]>([
    [
      'a missing tensor',
      (t) => delete t['layers.1.w_o'],
      {
        what: 'tensor layers.1.w_o is missing',
        hint: /it needs embed, previous.1 … as far as there are any, positions/,
      },
    ],
    ['a missing embedding', (t) => delete t.embed, { what: 'tensor embed is missing' }],
    [
      'another name, with the nearest',
      (t) => {
        t['layers.0.wv2'] = t['layers.0.w_v2'];
        delete t['layers.0.w_v2'];
      },
      { what: 'tensor layers.0.w_v2 is missing', hint: /layers\.0\.wv2/ },
    ],
    [
      'another shape',
      (t) => (t['layers.1.w_down'] = { shape: [12, 20], data: t['layers.1.w_down'].data }),
      { what: 'tensor layers.1.w_down has shape [12, 20], wanted [20, 12]' },
    ],
    [
      'positions of another length',
      (t) => (t.positions = { shape: [16, 11], data: new Float32Array(176) }),
      { what: 'tensor positions has shape [16, 11], wanted [16, 12]' },
    ],
    [
      'no matrix',
      (t) => (t.embed = { shape: [12], data: new Float32Array(12) }),
      { what: 'tensor embed has shape [12], wanted a matrix of at least one row and column' },
    ],
    ['NaN', (t) => (t['layers.0.w_up'].data[23] = NaN), { what: 'tensor layers.0.w_up holds NaN at [1, 3]' }],
    [
      'Infinity',
      (t) => (t.positions.data[0] = -Infinity),
      { what: 'tensor positions holds -Infinity at [0, 0]' },
    ],
    [
      'no metadata',
      (_, m) => Object.keys(m).forEach((key) => delete m[key]),
      { what: 'its metadata has no kronflow.model: it is no language model' },
    ],
    [
      'a later version',
      (_, m) => (m['kronflow.model'] = '2'),
      { what: 'its metadata says kronflow.model = "2", and only "1" is known' },
    ],
    ['no heads', (_, m) => delete m['kronflow.heads'], { what: 'its metadata has no kronflow.heads' }],
    [
      'heads that are no number',
      (_, m) => (m['kronflow.heads'] = 'two'),
      { what: 'its metadata says kronflow.heads = "two"', hint: /a whole number from 1/ },
    ],
    [
      'heads of other projections',
      (_, m) => (m['kronflow.heads'] = '3'),
      { what: 'tensor layers.0.w_q has shape [12, 8], wanted [12, 12]', hint: /heads and d/ },
    ],
    [
      'an unknown order',
      (_, m) => (m['kronflow.order'] = '3'),
      { what: 'its metadata says kronflow.order = "3"' },
    ],
    ['no scale', (_, m) => (m['kronflow.scale'] = '0'), { what: 'its metadata says kronflow.scale = "0"' }],
  ])('with %s is refused by name', async (_, change, { what, hint }) => {
    const found = await failure(change);
    expect(found).toMatchObject({ code: 'bad-weights', what });
    if (hint) expect(found.hint).toMatch(hint);
  });

  it('may bring masks and other tensors', async () => {
    await expect(
      failure((t) => (t['layers.0.w_q.mask'] = { shape: [2, 2], data: new Float32Array(4) })),
    ).rejects.toThrow('it did not fail');
  });
});

describe('models by name', () => {
  it('are files of their own where there is a path in the name', async () => {
    const path = await tempPath();
    await writeLanguageModel(path, randomModel());
    expect(await findModel(path)).toBe(path);
    await expect(findModel('no-such-model')).rejects.toMatchObject({
      code: 'unknown-name',
      what: 'model "no-such-model" does not exist',
      hint: expect.stringContaining('./no-such-model.safetensors') as string,
    });
  });

  it('are read as what they are', async () => {
    for (const { name, path, shape } of await listModels()) {
      expect(await findModel(name)).toBe(path);
      expect(name.startsWith(shape.order)).toBe(true);
    }
  });
});
