import { access } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { failureOf } from '../sources/testing/bytes.js';
import { model, npy, npz, safetensors, type ArrayToWrite } from './testing/arrays.js';
import { importTable } from './testing/imports.js';

const SCALE = { scale: '0.5' };

describe('refused, naming file and tensor', () => {
  const drop = (name: string) => Object.fromEntries(Object.entries(model()).filter(([key]) => key !== name));
  const put = (name: string, array: ArrayToWrite) => ({ ...model(), [name]: array });
  const at = (value: number) =>
    put('layers.1.v1', {
      shape: [4, 5, 4],
      values: model()['layers.1.v1'].values.map((x, i) => (i === 47 ? value : x)),
    });
  it.each<[string, Record<string, ArrayToWrite>, object, RegExp]>([
    ['no scale', model(), { scale: null }, /nothing says the scale/],
    ['a part missing', drop('layers.1.k1'), {}, /k1 of layer 1, head 0 is missing/],
    [
      'no q at all',
      { 'layers.0.k': model()['layers.0.k1'], 'layers.0.v': model()['layers.0.v1'] },
      {},
      /there is no q/,
    ],
    ['no name that says anything', { a: { shape: [1], values: [1] } }, {}, /no tensor is named.*: a/],
    [
      'positions that differ',
      put('layers.1.v1', { shape: [4, 1, 4], values: new Array<number>(16).fill(1) }),
      {},
      /layers\.1\.v1 has pos = 1, but layers\.0\.q has 5/,
    ],
    [
      'another d',
      put('layers.1.v1', { shape: [4, 5, 1], values: new Array<number>(20).fill(1) }),
      {},
      /layers\.1\.v1 has d = 1/,
    ],
    ['k2 without v2', put('layers.0.k2', model()['layers.0.k1']), {}, /k2 of layer 1|there is no v2/],
    ['NaN', at(NaN), {}, /tensor layers\.1\.v1: v1 holds NaN at stream 0, layer 0, head 2, pos 1, index 3/],
    ['Inf', at(-Infinity), {}, /holds -Infinity at .* pos 1, index 3/],
    [
      'an empty tensor',
      put('layers.0.q', { shape: [4, 0, 4], values: [] }),
      {},
      /layers\.0\.q is empty, \[4, 0, 4\]/,
    ],
    [
      'too many axes',
      put('layers.0.q', { shape: [1, 1, 1, 4, 5, 4], values: model()['layers.0.q'].values }),
      {},
      /has 6 axes/,
    ],
    ['a lift of what has a side 2', model({ order: 'tensor' }), { lift: 'self' }, /--lift self/],
    ['a map without part', model(), { map: 'layers.{layer}.q' }, /\{part\} is missing/],
    ['a map with an unknown field', model(), { map: '{lay}.{part}' }, /\{lay\} does not exist/],
    ['axes that do not exist', model(), { axes: 'head,time,d' }, /"time" is no axis/],
    [
      'a kv map that does not fit',
      model({ kvHeads: 2 }),
      { kvHeads: '[0,1,1]' },
      /--kv-heads \[0,1,1\] does not fit 4 heads on 2/,
    ],
    ['a scale that is none', model(), { scale: 'big' }, /--scale big/],
  ])('%s', async (_, arrays, options, words) => {
    for (const [name, bytes] of [
      ['m.npz', npz(arrays)],
      ['m.safetensors', safetensors(arrays)],
    ] as const) {
      const failure = await failureOf(() => importTable({ [name]: bytes }, { ...SCALE, ...options }));
      expect(failure.what).toMatch(words);
      expect(failure.hint).not.toBe('');
    }
  });

  it('an output that exists, and one whose name says nothing', async () => {
    const files = { 'm.npz': npz(model()) };
    expect(await failureOf(() => importTable(files, SCALE, 'in/m.npz'))).toMatchObject({
      code: 'bad-option',
    });
    const { output } = await importTable(files, SCALE);
    const again = await failureOf(async () => {
      const { importFiles } = await import('./import-files.js');
      const { importers } = await import('./index.js');
      const { NOTHING_SAID } = await import('./importer.js');
      return importFiles(importers, [output], output, NOTHING_SAID);
    });
    expect(again.code).toBe('exists');
  });

  it('nothing is left when it fails half way', async () => {
    const shape = { layers: 1, heads: 1, n: 400_000, d: 4 };
    const arrays = model(shape);
    (arrays['layers.0.v1'].values as number[])[4 * 399_999] = NaN;
    const failure = await failureOf(() => importTable({ 'm.npz': npz(arrays) }, SCALE));
    expect(failure.what).toMatch(/pos 399999, index 0/);
    const [path] = failure.what.split(': ');
    for (const name of ['out.arrow', 'out.arrow.tmp'])
      await expect(access(path.replace('in/m.npz', name))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('damaged files', () => {
  it('declared sizes are held against the file before anything is allocated', async () => {
    const huge = npy({ shape: [4, 5, 4], values: model()['layers.0.q'].values });
    const lie = (text: string) =>
      Buffer.from(
        huge.toString('latin1').replace("'shape': (4, 5, 4), }".padEnd(40), text.padEnd(40)),
        'latin1',
      );
    for (const shape of ['(1099511627776, 4, 4)', '(999999999999999, 999999999999999)']) {
      const failure = await failureOf(() => importTable({ 'q.npy': lie(`'shape': ${shape}, }`) }, SCALE));
      expect(failure.what).toMatch(/array q: shape .* needs (\d+|NaN) bytes of f32, but there are \d+/);
    }
    const tensors = safetensors({ q: { shape: [4, 5, 4], values: model()['layers.0.q'].values } });
    const header = Buffer.from(tensors);
    header.writeBigUInt64LE(2n ** 40n);
    expect((await failureOf(() => importTable({ 'm.safetensors': header }, SCALE))).what).toMatch(
      /header has 1099511627776 bytes/,
    );
  });

  it('a flipped bit in an archive is found by its crc', async () => {
    for (const deflate of [false, true]) {
      const bytes = npz(model(), { deflate });
      bytes[bytes.indexOf('layers.0.q.npy') + 200] ^= 1;
      const failure = await failureOf(() => importTable({ 'm.npz': bytes }, SCALE));
      expect(failure.what).toMatch(/member layers\.0\.q\.npy is damaged/);
    }
  });
});
