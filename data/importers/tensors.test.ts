import { describe, expect, it } from 'vitest';
import type { RecordedStep } from '../../src/core/event.js';
import { readParquet } from '../testing/parquet.js';
import {
  encode,
  model,
  npy,
  npz,
  safetensors,
  tell,
  type ArrayToWrite,
  type ModelToWrite,
} from './testing/arrays.js';
import { importSteps, importTable } from './testing/imports.js';

const SCALE = { scale: '0.5' };

/** Every number of every step is where it belongs. */
function expectModel(steps: readonly RecordedStep[], shape: ModelToWrite = {}): void {
  const { layers = 2, heads = 4, kvHeads = heads, n = 5, d = 4, order = 'matrix' } = shape;
  expect(steps.map(({ streamId, pos }) => [streamId, pos])).toEqual(
    Array.from({ length: n }, (_, pos) => [0, pos]),
  );
  for (const { pos, layers: rows } of steps) {
    expect(rows).toHaveLength(layers);
    rows.forEach((row, layer) => {
      for (const part of ['q', 'k1', 'k2', 'v1', 'v2'] as const) {
        if (order === 'matrix' && part.endsWith('2')) {
          expect(row[part]).toBeNull();
          continue;
        }
        const wanted = Array.from({ length: heads * d }, (_, i) => {
          const head = Math.floor(i / d);
          return tell(part, layer, part === 'q' ? head : Math.floor(head / (heads / kvHeads)), pos, i % d);
        });
        expect([...row[part]!], `${part} of layer ${layer}, pos ${pos}`).toEqual(wanted);
      }
    });
  }
}

const STORED: Readonly<
  Record<string, (arrays: Record<string, ArrayToWrite>) => Record<string, Buffer | string>>
> = {
  'npz f4': (a) => ({ 'm.npz': npz(a) }),
  'npz f2': (a) => ({ 'm.npz': npz(a, { type: 'f16' }) }),
  'npz f8': (a) => ({ 'm.npz': npz(a, { type: 'f64' }) }),
  'npz f4 Fortran': (a) => ({ 'm.npz': npz(a, { fortran: true }) }),
  'npz f8 Fortran big-endian': (a) => ({ 'm.npz': npz(a, { fortran: true, type: 'f64', bigEndian: true }) }),
  'npz f4 deflated': (a) => ({ 'm.npz': npz(a, { deflate: true }) }),
  'npz f2 deflated Fortran': (a) => ({ 'm.npz': npz(a, { deflate: true, fortran: true, type: 'f16' }) }),
  'npz zip64': (a) => ({ 'm.npz': npz(a, { zip64: true }) }),
  npy: (a) => Object.fromEntries(Object.entries(a).map(([name, array]) => [`${name}.npy`, npy(array)])),
  'safetensors F32': (a) => ({ 'm.safetensors': safetensors(a) }),
  'safetensors F16': (a) => ({ 'm.safetensors': safetensors(a, 'f16') }),
  'safetensors BF16': (a) => ({ 'm.safetensors': safetensors(a, 'bf16') }),
  'safetensors shards': (a) =>
    Object.fromEntries(
      Object.entries(a).map(([name, array]) => [`${name}.safetensors`, safetensors({ [name]: array })]),
    ),
  'raw f32': (a) => {
    let offset = 0;
    const tensors = Object.entries(a).map(([name, { shape, values }]) => {
      const layout = { shape, offset };
      offset += 4 * values.length;
      return [name, layout] as const;
    });
    const bytes = Buffer.concat(Object.values(a).map(({ values }) => encode(values, 'f32')));
    return { 'm.f32': bytes, 'm.json': JSON.stringify({ tensors: Object.fromEntries(tensors) }) };
  },
};

describe.each(Object.entries(STORED))('%s', (_, write) => {
  it.each<ModelToWrite>([
    {},
    { kvHeads: 2 },
    { order: 'tensor' },
    { order: 'tensor', kvHeads: 1 },
    { n: 1, layers: 1, heads: 1 },
  ])('puts every number in its place: %o', async (shape) => {
    const { steps, done } = await importSteps(write(model(shape)), SCALE);
    expectModel(steps, shape);
    expect(done.metadata).toMatchObject({ 'kronflow.scale': '0.5', 'kronflow.d': '4' });
  });
});

describe('layouts', () => {
  const reshape = (by: (part: string, layer: number) => { shape: number[]; values: number[] }) =>
    Object.fromEntries(
      [0, 1].flatMap((layer) =>
        ['q', 'k1', 'v1'].map((part) => [`model.layers.${layer}.self_attn.${part}`, by(part, layer)]),
      ),
    );
  const [heads, n, d] = [4, 5, 4];
  const range = (count: number) => Array.from({ length: count }, (_, i) => i);

  it('--axes pos,head,d', async () => {
    const arrays = reshape((part, layer) => ({
      shape: [n, heads, d],
      values: range(n).flatMap((p) =>
        range(heads).flatMap((h) => range(d).map((j) => tell(part, layer, h, p, j))),
      ),
    }));
    for (const fortran of [false, true]) {
      const { steps } = await importSteps(
        { 'm.npz': npz(arrays, { fortran }) },
        { ...SCALE, axes: 'pos,head,d' },
      );
      expectModel(steps);
      const asOne = Object.fromEntries(
        Object.entries(arrays).map(([k, a]) => [k, { ...a, shape: [n, heads * d] }]),
      );
      const files = { 'm.npz': npz(asOne, { fortran }) };
      expectModel((await importSteps(files, { ...SCALE, axes: 'pos,head*d', d })).steps);
    }
  });

  it('one tensor for all layers, and several streams in one', async () => {
    const values = (part: string) =>
      range(2).flatMap((l) =>
        range(2).flatMap(() =>
          range(heads).flatMap((h) => range(n).flatMap((p) => range(d).map((j) => tell(part, l, h, p, j)))),
        ),
      );
    const arrays = Object.fromEntries(
      ['query', 'key', 'value'].map((name, i) => [
        name,
        { shape: [2, 2, heads, n, d], values: values(['q', 'k1', 'v1'][i]) },
      ]),
    );
    for (const fortran of [false, true]) {
      const { steps } = await importSteps({ 'm.npz': npz(arrays, { fortran }) }, SCALE);
      expect(steps.map(({ streamId }) => streamId)).toEqual([0, 0, 0, 0, 0, 1, 1, 1, 1, 1]);
      expectModel(steps.slice(0, n));
      expectModel(steps.slice(n).map((step) => ({ ...step, streamId: 0 })));
    }
  });

  it('heads in names, by a map', async () => {
    const arrays: Record<string, ArrayToWrite> = {};
    for (const l of [0, 1])
      for (const h of range(heads))
        for (const [part, name] of [
          ['q', 'q'],
          ['k1', 'key'],
          ['v1', 'value'],
        ])
          arrays[`rec_${l}_${h}_${name}_x`] = {
            shape: [n, d],
            values: range(n).flatMap((p) => range(d).map((j) => tell(part, l, h, p, j))),
          };
    const map = 'rec_{layer}_{head}_{part}_*';
    expectModel((await importSteps({ 'm.npz': npz(arrays) }, { ...SCALE, map })).steps);
  });

  it('long streams: many chunks give the same as one', async () => {
    const shape = { layers: 1, heads: 2, n: 3000, d: 4 };
    const { steps, done } = await importSteps({ 'm.safetensors': safetensors(model(shape)) }, SCALE);
    expectModel(steps, shape);
    expect(done.rows).toBe(6000);
  });
});

describe('metadata', () => {
  it('of safetensors is carried; flags win', async () => {
    const told = {
      scale: '0.25',
      rope: 'post',
      lift: 'self',
      k2_bias: '0.5',
      'kronflow.v2_bias': '1',
      model: 'm',
    };
    const files = { 'm.safetensors': safetensors(model({ order: 'tensor' }), 'f32', told) };
    const plain = await importTable(files);
    const wanted = { scale: '0.25', rope: 'post', lift: 'self', k2_bias: '0.5', v2_bias: '1' };
    for (const [key, value] of Object.entries(wanted))
      expect(plain.metadata[`kronflow.${key}`], key).toBe(value);
    expect(plain.lost.join()).toContain('metadata model');
    expect(plain.warnings.join()).toContain('lift self');
    const { metadata } = await importTable(files, { scale: '1/sqrt(d)', rope: 'pre' });
    expect(metadata).toMatchObject({ 'kronflow.scale': '0.5', 'kronflow.rope': 'pre' });
  });

  it('a recording in Parquet has the same rows and keys', async () => {
    const { steps, done } = await importSteps({ 'm.npz': npz(model({ kvHeads: 2 })) }, SCALE, 'out.parquet');
    expectModel(steps, { kvHeads: 2 });
    const rows = await readParquet(done.output, 'stream_id, pos, layer, head, q, k1');
    expect(rows).toHaveLength(40);
    expect(rows.filter(({ k1 }) => k1 === null)).toHaveLength(20);
  });

  it('names what it leaves out, and heads that are all zero', async () => {
    const arrays: Record<string, ArrayToWrite> = {
      ...model(),
      'layers.0.mlp': { shape: [2], values: [1, 2] },
    };
    arrays['layers.1.k1'] = {
      ...arrays['layers.1.k1'],
      values: arrays['layers.1.k1'].values.map((x, i) => (i < 20 ? 0 : x)),
    };
    const { lost, warnings } = await importTable({ 'm.npz': npz(arrays) }, SCALE);
    expect(lost.join()).toContain('tensor layers.0.mlp (<f4 [2])');
    expect(warnings.join()).toContain('k1 of layer 1, head 0 is all zero');
    expect(warnings.join()).not.toContain('head 1 is');
  });
});
