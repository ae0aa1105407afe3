import { describe, expect, it } from 'vitest';
import { randomStream } from '../../src/core/random.js';
import type { SequenceRows, SequenceShape } from '../../src/core/sequence.js';
import { referenceKernels } from '../../src/lab/model/reference-kernels.js';
import { loadNative, type InstructionSet } from './native.js';
import { nativeSequences } from './sequence.js';

const loaded = loadNative();
const addon = 'addon' in loaded ? loaded.addon : null;
const SETS: readonly InstructionSet[] = ['avx512', 'avx2', 'portable'];

const SHAPES = [
  { n: 1, heads: 1, d: 1, scale: 1 },
  { n: 16, heads: 2, d: 16, scale: 0.25 },
  { n: 17, heads: 1, d: 16, scale: -1 },
  { n: 37, heads: 3, d: 5, scale: 0.5 },
  { n: 20, heads: 1, d: 40, scale: 0.2 },
];

/** Largest |a − b|, in the largest |b|. */
function difference(a: Float32Array, b: Float32Array): number {
  const size = b.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  return a.reduce((most, x, i) => Math.max(most, Math.abs(x - b[i])), 0) / (size || 1);
}

function transposed(x: Float32Array, rows: number, columns: number): Float32Array {
  return x.map((_, at) => x[(at % rows) * columns + Math.floor(at / rows)]);
}

function example({ n, heads, d }: SequenceShape, order: 'tensor' | 'matrix') {
  const random = randomStream(n, 'sequence', d);
  const rows = () => Float32Array.from({ length: n * heads * d }, () => random.gaussian());
  const side2 = () => (order === 'tensor' ? rows() : null);
  return { rows: { q: rows(), k1: rows(), k2: side2(), v1: rows(), v2: side2() }, byOut: rows() };
}

function answers(kernels: typeof referenceKernels, shape: SequenceShape, order: 'tensor' | 'matrix') {
  const { rows, byOut } = example(shape, order);
  const like = () => new Float32Array(rows.q.length).fill(7); // what lies there must not matter
  const said = { out: like(), logs: new Float32Array(shape.n * shape.heads).fill(7) };
  const side2 = () => (order === 'tensor' ? like() : null);
  const gradients: SequenceRows = { q: like(), k1: like(), k2: side2(), v1: like(), v2: side2() };
  kernels.attend(shape, rows, said);
  kernels.attendBack(shape, rows, said, byOut, gradients);
  return { ...said, ...gradients };
}

describe.skipIf(addon === null).each(SETS.filter((set) => addon?.choose(set) === set))('native %s', (set) => {
  it.each(SHAPES)('attends as the reference does, and has its gradient: $n tokens of d = $d', (shape) => {
    addon!.choose(set);
    for (const order of ['tensor', 'matrix'] as const) {
      const [ours, wanted] = [nativeSequences(addon!), referenceKernels].map((k) => answers(k, shape, order));
      for (const [name, rows] of Object.entries(wanted)) {
        if (rows === null) expect(ours[name as 'k2']).toBeNull();
        else expect(difference(ours[name as 'q']!, rows), `${order} ${name}`).toBeLessThan(4e-6);
      }
    }
    addon!.choose('');
  });

  it.each([
    [1, 1, 1],
    [8, 300, 32],
    [13, 20, 75],
  ])('adds a product of %i × %i and %i columns to what is there', (rows, inner, columns) => {
    addon!.choose(set);
    const random = randomStream(rows, 'product');
    const [x, w, start] = [rows * inner, inner * columns, rows * columns].map((length) =>
      Float32Array.from({ length }, () => random.gaussian()),
    );
    const wanted = start.slice();
    referenceKernels.addProduct(x, w, wanted, { rows, inner, columns });
    const turned = {
      x: { turned: transposed(x, rows, inner) },
      w: { turned: transposed(w, inner, columns) },
    };
    for (const a of [x, turned.x]) {
      for (const b of [w, turned.w]) {
        for (const kernels of [nativeSequences(addon!), referenceKernels]) {
          const out = start.slice();
          kernels.addProduct(a, b, out, { rows, inner, columns });
          expect(difference(out, wanted)).toBeLessThan(1e-6);
        }
      }
    }
    addon!.choose('');
  });
});
