import type { Snapshot } from '../../src/core/cache.js';

type Stored = Snapshot[string];

/** What the receiver starts from, and what it cost to send. */
export interface Message {
  /** The state the receiver restores. */
  readonly received: Snapshot;
  /** Bits that had to be sent. */
  readonly bits: number;
  /** Arrays of the state that had to be sent, by name. */
  readonly sent: readonly string[];
}

const LENGTH_BITS = 32;
const FLAG_BITS = 2; // per array: known to the receiver, raw, with a code book, or rounded
const NUMBER_BITS = 64; // a number in a plain list
const MAX_BOOK = 2 ** 16; // more values than that are cheaper as they are

/**
 * Send a state to a receiver that can compute `known`: the state of the same cache, with the same seed, after the
 * same keys and made-up bits. What is equal there is public randomness and is not sent; every other array is, whole:
 * counts, radii and generator states included. So what the receiver decodes can only come from the bits counted.
 *
 * `width` null: nothing is lost; an array of few different values goes as a code book and an index each, others go
 * at the width they are kept in. Else arrays of floats with more than 2^width values are rounded to so many levels.
 */
export function sendState(state: Snapshot, known: Snapshot, width: number | null): Message {
  const entries = Object.entries(state).map(([name, stored]) => {
    if (name in known && sameBits(stored, known[name])) return { name, stored, bits: FLAG_BITS, sent: false };
    const rounded = width === null ? stored : round(stored, width);
    return { name, stored: rounded, bits: FLAG_BITS + codedBits(rounded), sent: true };
  });
  return {
    received: Object.fromEntries(entries.map(({ name, stored }) => [name, stored])),
    bits: entries.reduce((sum, { bits }) => sum + bits, 0),
    sent: entries.filter(({ sent }) => sent).map(({ name }) => name),
  };
}

/** Bits of an array: at its own width, or as indices into a list of its different values, whichever is less. */
function codedBits(stored: Stored): number {
  const width = widthOf(stored);
  const raw = stored.length * width;
  const different = new Set(words(stored)).size;
  if (different > MAX_BOOK) return LENGTH_BITS + raw;
  const coded =
    LENGTH_BITS + different * width + stored.length * Math.ceil(Math.log2(Math.max(2, different)));
  return LENGTH_BITS + Math.min(raw, coded);
}

/** The nearest of 2^width levels between the least and the largest value; integers and short lists stay. */
function round(stored: Stored, width: number): Stored {
  const floats = stored instanceof Float32Array || stored instanceof Float64Array;
  const levels = 2 ** width;
  if (!floats || new Set(words(stored)).size <= levels) return stored;
  let [low, high] = [Infinity, -Infinity];
  for (const x of stored) [low, high] = [Math.min(low, x), Math.max(high, x)];
  if (!Number.isFinite(high - low)) return stored; // packed words, not numbers: they go as they are
  const step = (high - low) / (levels - 1 || 1);
  const nearest = (x: number) => low + step * Math.round((x - low) / step);
  return stored instanceof Float32Array ? stored.map(nearest) : stored.map(nearest);
}

function sameBits(a: Stored, b: Stored): boolean {
  if (a.length !== b.length) return false;
  const [left, right] = [words(a), words(b)];
  for (let i = 0; i < left.length; i++) if (!Object.is(left[i], right[i])) return false;
  return true;
}

function widthOf(stored: Stored): number {
  return ArrayBuffer.isView(stored) ? 8 * stored.BYTES_PER_ELEMENT : NUMBER_BITS;
}

/** The array as values that compare bit for bit: a float32 may be a packed word that reads as NaN. */
function words(stored: Stored): ArrayLike<number | bigint> & Iterable<number | bigint> {
  if (stored instanceof Float32Array) return new Uint32Array(stored.buffer, stored.byteOffset, stored.length);
  if (stored instanceof Float64Array)
    return new BigUint64Array(stored.buffer, stored.byteOffset, stored.length);
  return stored;
}
