import type { Discounts } from './discounts.js';

/** Tokens are bytes. */
export const BYTES = 256;

/** Contexts as a trie that is read backwards from the next byte: the parent of a context lacks its oldest byte. */
export interface Counts {
  /** node·256 + older byte → the longer context */
  readonly children: Map<number, number>;
  /** node·256 + following byte → its count */
  readonly followers: Map<number, number>;
  /** Length of every context, by node. */
  readonly lengths: number[];
}

/** Count every byte of `text` after each of its contexts shorter than `order`. */
export function countFollowers(text: Uint8Array, order: number): Counts {
  const counts: Counts = { children: new Map(), followers: new Map(), lengths: [0] };
  const path = new Int32Array(order); // nodes of the contexts of 0, 1, … bytes
  for (let at = 0; at < text.length; at++) {
    let length = 0;
    for (; length < order - 1 && length < at; length++)
      path[length + 1] = longerContext(counts, path[length], text[at - length - 1]);
    for (; length >= 0; length--) {
      const key = path[length] * BYTES + text[at];
      const seen = counts.followers.get(key) ?? 0;
      counts.followers.set(key, seen + 1);
      if (seen > 0) break; // the shorter context has counted this longer one
    }
  }
  return counts;
}

function longerContext({ children, lengths }: Counts, node: number, older: number): number {
  const key = node * BYTES + older;
  const known = children.get(key);
  if (known !== undefined) return known;
  children.set(key, lengths.length);
  lengths.push(lengths[node] + 1);
  return lengths.length - 1;
}

/** Sums over the followers of every context, and how its discounted counts mix with the shorter one's probability. */
export function weighContexts({ followers, lengths }: Counts) {
  const totals = new Float64Array(lengths.length);
  const kinds = [1, 2, 3].map(() => new Int32Array(lengths.length)); // followers counted once, twice, more often
  const countsOfCounts = Array.from({ length: Math.max(...new Set(lengths)) + 1 }, () => [0, 0, 0, 0]);
  for (const [key, count] of followers) {
    const node = Math.floor(key / BYTES);
    totals[node] += count;
    kinds[Math.min(count, 3) - 1][node]++;
    if (count <= 4) countsOfCounts[lengths[node]][count - 1]++;
  }
  function mix(node: number, count: number, shorter: number, discounts: Discounts): number {
    const freed = kinds.reduce((sum, kind, i) => sum + discounts[i] * kind[node], 0);
    const kept = count === 0 ? 0 : count - discounts[Math.min(count, 3) - 1];
    return (kept + freed * shorter) / totals[node];
  }
  return { totals, kinds, countsOfCounts, mix };
}
