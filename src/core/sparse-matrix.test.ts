import { describe, expect, it } from 'vitest';
import { multiplyRows } from './multiply-rows.js';
import { randomStream } from './random.js';
import { compressRows, countZeros, multiplySparse, sparseBytes } from './sparse-matrix.js';

const normal = randomStream(5, 'sparse-matrix');
const draw = (length: number) => Float32Array.from({ length }, () => normal.gaussian());
/** A share of zeros, of both signs. */
const pruned = (length: number, share: number) =>
  draw(length).map((w, i) => (normal.uniform() < share ? (i % 2 === 0 ? 0 : -0) : w));

describe('compressRows', () => {
  it('keeps what is not 0, row by row, with the bytes of its arrays', () => {
    const w = compressRows(Float32Array.of(0, 2, -0, 0, 0, 0, 7, 0, 9), 3);
    expect(w).toEqual({
      ...{ rows: 3, columns: 3, starts: Uint32Array.of(0, 1, 1, 3) },
      ...{ at: Uint16Array.of(1, 0, 2), values: Float32Array.of(2, 7, 9) },
    });
    expect(sparseBytes(w)).toBe(4 * 4 + 2 * 3 + 4 * 3);
  });

  it('has room for columns that 16 bits cannot tell apart', () => {
    const wide = new Float32Array(2 * 70_000);
    wide[70_000 + 69_999] = 1;
    const { at } = compressRows(wide, 2);
    expect(at).toEqual(Uint32Array.of(69_999));
  });
});

describe('multiplySparse', () => {
  it.each([0, 0.5, 0.95, 1])('gives the bits of the whole matrix at a share of zeros of %s', (share) => {
    for (const [rows, m, n] of [
      [1, 7, 5],
      [4, 3, 9],
      [6, 16, 16],
      [11, 1, 2],
    ] as const) {
      const [x, w] = [draw(rows * m), pruned(m * n, share)];
      x.fill(0, 0, 2);
      const [dense, sparse] = [new Float32Array(rows * n), new Float32Array(rows * n).fill(NaN)];
      multiplyRows(x, w, dense, rows);
      multiplySparse(x, compressRows(w, m), sparse, rows);
      dense.forEach((value, i) => expect(sparse[i]).toBe(value)); // also tells −0 from 0
      expect(countZeros(w)).toBe(w.filter((value) => value === 0).length);
    }
  });
});
