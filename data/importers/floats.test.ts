import { describe, expect, it } from 'vitest';
import { decodeFloats, halfToNumber } from './floats.js';

const decode = (words: readonly number[], type: 'f16' | 'bf16', bigEndian = false) => {
  const bytes = Buffer.from(new ArrayBuffer(2 * words.length));
  words.forEach((word, i) =>
    bigEndian ? bytes.writeUInt16BE(word, 2 * i) : bytes.writeUInt16LE(word, 2 * i),
  );
  const into = new Float32Array(words.length);
  decodeFloats(bytes, type, bigEndian, into);
  return [...into];
};

describe('half precision', () => {
  // IEEE 754-2019, 3.6: 1 sign, 5 exponent (bias 15), 10 fraction bits
  it.each([
    [0x0000, 0],
    [0x8000, -0],
    [0x0001, 2 ** -24],
    [0x8001, -(2 ** -24)],
    [0x03ff, 1023 * 2 ** -24],
    [0x0400, 2 ** -14],
    [0x3c00, 1],
    [0x3555, 0.333251953125],
    [0xc000, -2],
    [0x7bff, 65504],
    [0x7c00, Infinity],
    [0xfc00, -Infinity],
    [0x7c01, NaN],
    [0xffff, NaN],
  ])('0x%s is %d', (bits, value) => {
    expect(halfToNumber(bits)).toBe(value);
    expect(decode([bits], 'f16')).toEqual([value]);
    expect(decode([bits], 'f16', true)).toEqual([value]);
  });

  it('all 65,536 differ, NaN aside, and stand in order', () => {
    const positive = Array.from({ length: 0x7c01 }, (_, bits) => halfToNumber(bits));
    positive.slice(1).forEach((value, i) => expect(value).toBeGreaterThan(positive[i]));
  });
});

describe('bfloat16', () => {
  it.each([
    [0x0000, 0],
    [0x8000, -0],
    [0x0001, 2 ** -133],
    [0x007f, 127 * 2 ** -133],
    [0x0080, 2 ** -126],
    [0x3f80, 1],
    [0xc049, -3.140625],
    [0x7f7f, 255 * 2 ** 120],
    [0x7f80, Infinity],
    [0xff80, -Infinity],
    [0x7fc0, NaN],
    [0x7f81, NaN],
  ])('0x%s is %d', (bits, value) => {
    expect(decode([bits], 'bf16')).toEqual([value]);
  });
});

describe('f32 and f64', () => {
  it('arrive as float32, big-endian too', () => {
    for (const bigEndian of [false, true]) {
      const values = [1.5, -(2 ** -149), 1e30, Infinity];
      const four = Buffer.from(new ArrayBuffer(16));
      values.forEach((x, i) => (bigEndian ? four.writeFloatBE(x, 4 * i) : four.writeFloatLE(x, 4 * i)));
      const into = new Float32Array(4);
      decodeFloats(four, 'f32', bigEndian, into);
      expect([...into]).toEqual(values.map(Math.fround));
      const eight = Buffer.from(new ArrayBuffer(32));
      [0.1, 1e300, 1e-300, NaN].forEach((x, i) =>
        bigEndian ? eight.writeDoubleBE(x, 8 * i) : eight.writeDoubleLE(x, 8 * i),
      );
      decodeFloats(eight, 'f64', bigEndian, into);
      expect([...into]).toEqual([Math.fround(0.1), Infinity, 0, NaN]);
    }
  });
});
