import { expect, it } from 'vitest';
import { isBf16, roundToBf16, toBf16 } from './bf16.js';

/** What a float32 with these bits becomes. */
function rounded(...bits: number[]): readonly number[] {
  const x = new Float32Array(Uint32Array.from(bits).buffer);
  roundToBf16(x);
  return [...new Uint32Array(x.buffer)];
}

it('rounds to the nearest, of two as near to the even one', () => {
  expect(rounded(0x3f80_7fff, 0x3f80_8000, 0x3f80_8001)).toEqual([0x3f80_0000, 0x3f80_0000, 0x3f81_0000]);
  expect(rounded(0x3f81_8000)).toEqual([0x3f82_0000]);
});

it('carries into the exponent, and keeps signs, zeros and what is exact', () => {
  expect(rounded(0x3fff_ffff, 0xbfff_8000)).toEqual([0x4000_0000, 0xc000_0000]);
  expect(rounded(0x8000_0000, 0x0000_0000, 0xc0490000)).toEqual([0x8000_0000, 0, 0xc0490000]);
  expect(rounded(0x7f7f_ffff)).toEqual([0x7f80_0000]); // beyond the largest: Infinity, as hardware does
});

it('gives the upper halves, and leaves the numbers alone', () => {
  const x = Float32Array.of(1.005, -2);
  expect([...toBf16(x)]).toEqual([0x3f81, 0xc000]);
  expect(x[0]).toBe(Math.fround(1.005));
});

it('knows numbers that need no rounding, by the lower half of every one', () => {
  expect(isBf16(Float32Array.of(0, -0, 1, -2.5, Infinity))).toBe(true);
  expect(isBf16(Float32Array.of(1, 2, 1.005))).toBe(false);
  expect(isBf16(Float32Array.of(1.005, 1).subarray(1))).toBe(true);
});
