import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sendState } from './message.js';

const [FLAG, LENGTH] = [2, 32];

describe('a state that is sent', () => {
  it('costs nothing but a flag where the receiver knows it', () => {
    const state = { keys: Float32Array.of(1, 2, 3), count: [3] };
    const { bits, sent, received } = sendState(state, { keys: Float32Array.of(1, 2, 3), count: [3] }, null);
    expect({ bits, sent }).toEqual({ bits: 2 * FLAG, sent: [] });
    expect(received).toEqual(state);
  });

  it('goes as one bit a number where there are two values, with both of them beside', () => {
    const values = Float32Array.from({ length: 1000 }, (_, i) => i % 2);
    const { bits, sent } = sendState({ values }, { values: new Float32Array(1000) }, null);
    expect(sent).toEqual(['values']);
    expect(bits).toBe(FLAG + 2 * LENGTH + 2 * 32 + 1000);
  });

  it('goes at the width it is kept in where values are many: 32 bits, and 64 for float64 and lists', () => {
    const many = Array.from({ length: 100 }, (_, i) => i + 0.5);
    const cost = (stored: Float32Array | Float64Array | Int32Array | number[]) =>
      sendState({ stored }, {}, null).bits - FLAG - LENGTH;
    expect(cost(Float32Array.from(many))).toBe(3200);
    expect(cost(Int32Array.from(many))).toBe(3200);
    expect(cost(Float64Array.from(many))).toBe(6400);
    expect(cost(many)).toBe(6400);
  });

  it('is the same bits after it, also where words read as NaN', () => {
    const packed = fc.array(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), { maxLength: 50 });
    fc.assert(
      fc.property(packed, packed, (mine, theirs) => {
        const [a, b] = [mine, theirs].map((list) => new Float32Array(Int32Array.from(list).buffer));
        const { received } = sendState({ a }, { a: b }, null);
        expect(new Int32Array((received.a as Float32Array).buffer)).toEqual(Int32Array.from(mine));
      }),
    );
    const nan = (payload: number) => new Float32Array(Int32Array.of(0x7fc00000 + payload).buffer);
    expect(sendState({ a: nan(1) }, { a: nan(2) }, null).sent).toEqual(['a']);
  });

  it('can be rounded to b bits a number, which is what the receiver gets', () => {
    const values = Float32Array.from({ length: 1000 }, (_, i) => i / 999);
    const { bits, received } = sendState({ values }, {}, 3);
    const got = received.values as Float32Array;
    expect(new Set(got).size).toBe(8);
    expect(bits).toBe(FLAG + 2 * LENGTH + 8 * 32 + 3000);
    got.forEach((x, i) => expect(Math.abs(x - values[i])).toBeLessThanOrEqual(0.5 / 7 + 1e-6));
    const [counts, two] = [Int32Array.from({ length: 100 }, (_, i) => i), Float32Array.of(0, 1, 0)];
    expect(sendState({ counts, two }, {}, 1).received).toEqual({ counts, two });
  });
});
