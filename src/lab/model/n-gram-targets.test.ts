import { describe, expect, it } from 'vitest';
import { discountsOf } from './discounts.js';
import { leaveOneOutTargets } from './n-gram-targets.js';
import { trainNGram } from './n-gram.js';

const text = new TextEncoder().encode(
  'the cat sat on the mat; that cat, the hat and the bat sat at that mat',
);
const ORDER = 4;

describe('n-gram targets', () => {
  it('are those of counts that have never seen the byte, by sets of what came before', () => {
    const targets = leaveOneOutTargets(text, ORDER);
    const into = new Float64Array(256);
    for (const at of [0, 1, 2, 3, 10, 33, text.length - 1]) {
      targets.fill(at, into);
      const expected = recounted(at);
      for (let byte = 0; byte < 256; byte++) expect(into[byte]).toBeCloseTo(expected(byte), 13);
    }
  });

  it('sum to 1, and know the text far less well than an n-gram that has counted every byte of it', () => {
    const targets = leaveOneOutTargets(text, ORDER);
    const into = new Float64Array(256);
    let bits = 0;
    for (let at = 0; at < text.length; at++) {
      targets.fill(at, into);
      expect(into.reduce((sum, p) => sum + p)).toBeCloseTo(1, 12);
      bits -= Math.log2(into[text[at]]) / text.length;
    }
    expect(bits).toBeGreaterThan(1.5 * trainNGram(text, ORDER).bitsPerByte(text));
  });
});

/** Modified Kneser-Ney from the definition, all places of the text but one; only its discounts know them all. */
function recounted(left: number): (byte: number) => number {
  const without = followersByLength(left);
  const discounts = followersByLength(null).map((followers) => {
    const counts = [...followers.values()].flatMap((after) => [...after.values()].map(({ size }) => size));
    return discountsOf([1, 2, 3, 4].map((n) => counts.filter((count) => count === n).length));
  });
  const history = (length: number) => String(text.subarray(left - length, left));
  return (byte) => {
    let p = 1 / 256;
    for (let length = 0; length < Math.min(ORDER, left + 1); length++) {
      const after = without[length].get(history(length));
      if (after === undefined) return p;
      const counts = [...after.values()].map(({ size }) => size);
      const taken = (count: number) => (count === 0 ? 0 : discounts[length][Math.min(count, 3) - 1]);
      const total = counts.reduce((sum, count) => sum + count, 0);
      const freed = counts.reduce((sum, count) => sum + taken(count), 0);
      const count = after.get(byte)?.size ?? 0;
      p = (count - taken(count) + freed * p) / total;
    }
    return p;
  };
}

/**
 * Of every length: context → byte → what counts it. Contexts of the longest length count places, shorter ones count how
 * many contexts one byte longer have the byte; at the start of the text the longest there is counts its place.
 */
function followersByLength(left: number | null): Map<string, Map<number, Set<string>>>[] {
  const all = Array.from({ length: ORDER }, () => new Map<string, Map<number, Set<string>>>());
  for (let at = 0; at < text.length; at++) {
    if (at === left) continue;
    for (let length = Math.min(ORDER - 1, at); length >= 0; length--) {
      const longest = length === ORDER - 1 || length === at;
      const by = longest ? `place ${at}` : String(text.subarray(at - length - 1, at));
      const after = all[length].get(String(text.subarray(at - length, at))) ?? new Map<number, Set<string>>();
      all[length].set(String(text.subarray(at - length, at)), after);
      after.set(text[at], (after.get(text[at]) ?? new Set()).add(by));
    }
  }
  return all;
}
