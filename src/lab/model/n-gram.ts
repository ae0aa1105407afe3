import { Failure } from '../../core/failure.js';
import { discountsOf } from './discounts.js';
import { BYTES, countFollowers, weighContexts } from './n-gram-counts.js';

/** A byte model that looks back at most order − 1 bytes. */
export interface NGram {
  readonly order: number;
  /** Probability of `byte` after the bytes text[from], …, text[at − 1]; over all 256 bytes these sum to 1. */
  probability(text: Uint8Array, at: number, byte: number, from?: number): number;
  /** Mean −log2 of what it gives to text[at] for every `at` in [start, end), looking back no further than `from`. */
  bitsPerByte(text: Uint8Array, start?: number, end?: number, from?: number): number;
}

/**
 * Interpolated modified Kneser-Ney over bytes (Chen and Goodman, "An empirical study of smoothing techniques for language
 * modeling", 1999). Below the highest order a follower counts once for every byte that was seen before its context; under
 * the lowest order stands the uniform 1/256. What follows a context seen never before is what follows a shorter one.
 *
 * @throws Failure `bad-option` when the order is no natural number, `bad-input` when there is no text
 */
export function trainNGram(text: Uint8Array, order: number): NGram {
  if (!Number.isInteger(order) || order < 1)
    throw new Failure(
      'bad-option',
      `there is no n-gram of order ${order}`,
      'give a whole number of 1 or more',
    );
  if (text.length === 0) throw new Failure('bad-input', 'an n-gram counts text, and this one has no bytes');

  const counts = countFollowers(text, order);
  const contexts = weighContexts(counts);
  const discounts = contexts.countsOfCounts.map(discountsOf);

  function probability(bytes: Uint8Array, at: number, byte: number, from = 0): number {
    let p = 1 / BYTES;
    let node = 0;
    for (let length = 0; ; length++) {
      p = contexts.mix(node, counts.followers.get(node * BYTES + byte) ?? 0, p, discounts[length]);
      if (length === order - 1 || at - length <= from) return p;
      const longer = counts.children.get(node * BYTES + bytes[at - length - 1]);
      if (longer === undefined) return p;
      node = longer;
    }
  }

  return {
    order,
    probability,
    bitsPerByte(bytes, start = 0, end = bytes.length, from = 0) {
      let bits = 0;
      for (let at = start; at < end; at++) bits -= Math.log2(probability(bytes, at, bytes[at], from));
      return bits / (end - start);
    },
  };
}

/** Share of the training text that orders are tried on. */
const VALIDATION = 0.1;

/** An order, and the bits per byte that it was chosen for. */
export interface TriedOrder {
  readonly order: number;
  readonly validation: number;
}

/** Orders 1 to `most`, each trained on the first 90 % of `text` and asked for the rest; the least of them is to be used. */
export function tryOrders(text: Uint8Array, most: number): readonly TriedOrder[] {
  const cut = Math.floor(text.length * (1 - VALIDATION));
  return Array.from({ length: most }, (_, i) => ({
    order: i + 1,
    validation: trainNGram(text.subarray(0, cut), i + 1).bitsPerByte(text, cut),
  }));
}
