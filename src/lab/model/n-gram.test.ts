import { describe, expect, it } from 'vitest';
import { discountsOf } from './discounts.js';
import { trainNGram, tryOrders } from './n-gram.js';

const bytes = (text: string) => new TextEncoder().encode(text);
const [a, b, c] = bytes('abc');
const UNIFORM = 1 / 256;

describe('n-gram', () => {
  it('gives the values of a toy text by hand', () => {
    // a twice, b once: too little to estimate discounts, so 1/2, 1 and 3/2 are taken
    const one = trainNGram(bytes('aab'), 1);
    const freed = 1.5 * UNIFORM; // of a: 1, of b: 1/2
    const none = new Uint8Array(0);
    expect(one.probability(none, 0, a)).toBeCloseTo((1 + freed) / 3, 14);
    expect(one.probability(none, 0, b)).toBeCloseTo((0.5 + freed) / 3, 14);
    expect(one.probability(none, 0, c)).toBeCloseTo(freed / 3, 14);

    // after an a came a and b, once each
    const two = trainNGram(bytes('aab'), 2);
    const after = (byte: number, shorter: number) => two.probability(bytes('a'), 1, byte) - shorter / 2;
    expect(after(a, (1 + freed) / 3)).toBeCloseTo(0.25, 14);
    expect(after(c, freed / 3)).toBeCloseTo(0, 14);
    expect(two.probability(bytes('b'), 1, a)).toBeCloseTo((1 + freed) / 3, 14); // nothing ever came after a b
  });

  it('sums to 1 over all bytes after any history', () => {
    const text = bytes('the cat sat on the mat, the rat sat on the cat; a hat that the bat had');
    for (let order = 1; order <= 6; order++) {
      const model = trainNGram(text, order);
      for (const history of ['', 'the ', 'zzz', 'the cat sat', 't', 'qat']) {
        const at = bytes(history);
        const all = Array.from({ length: 256 }, (_, byte) => model.probability(at, at.length, byte));
        expect(all.reduce((x, y) => x + y)).toBeCloseTo(1, 12);
        expect(Math.min(...all)).toBeGreaterThan(0);
      }
    }
  });

  it('trusts a byte that came after many contexts more than one that came often after the same', () => {
    const model = trainNGram(bytes('xqxqxqxqxq1y2y3y'), 2);
    const unseen = bytes('!');
    const [q, y] = bytes('qy');
    expect(model.probability(unseen, 1, y)).toBeGreaterThan(model.probability(unseen, 1, q));
  });

  it('looks back no further than it is told', () => {
    const model = trainNGram(bytes('abcabcabc'), 3);
    const text = bytes('abc');
    expect(model.probability(text, 2, c, 2)).toBe(model.probability(text.subarray(2), 0, c));
    expect(model.probability(text, 2, c)).toBeGreaterThan(model.probability(text, 2, c, 2));
    expect(model.bitsPerByte(text, 2, 3, 2)).toBe(-Math.log2(model.probability(text, 2, c, 2)));
  });

  it('finds the order of a text whose next byte depends on the last two', () => {
    const text = bytes('aabba'.repeat(60)); // after a or b alone both can come
    const tried = tryOrders(text, 4);
    expect(tried.map(({ order }) => order)).toEqual([1, 2, 3, 4]);
    expect(tried[2].validation).toBeLessThan(tried[1].validation / 2);
  });

  it('refuses an order below 1 and a text without bytes', () => {
    expect(() => trainNGram(bytes('a'), 0)).toThrow(expect.objectContaining({ code: 'bad-option' }));
    expect(() => trainNGram(new Uint8Array(0), 2)).toThrow(expect.objectContaining({ code: 'bad-input' }));
  });
});

describe('discounts', () => {
  it('follow from counts of counts', () => {
    expect(discountsOf([8, 4, 2, 1])).toEqual([0.5, 1.25, 2]);
  });

  it('are fixed ones where the estimate does not exist or leaves its range', () => {
    expect(discountsOf([8, 4, 2, 0])).toEqual([0.5, 1, 1.5]);
    expect(discountsOf([1, 1, 9, 1])).toEqual([0.5, 1, 1.5]);
  });
});
