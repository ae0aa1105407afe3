import type { CacheParts } from '../../../src/core/cache.js';
import type { Rows } from '../../../src/core/memory.js';
import { savedRows, type Saved } from '../keeping/saved-state.js';

/** Angular locality-sensitive hashing: vectors at a small angle fall into the same or neighbouring buckets. */
export interface AngularHash extends Saved {
  /** 2^bits */
  readonly buckets: number;
  /** The directions times `q`, (bits × width) one after another: what `bucket` wants for rows that stand for q * row. */
  directionsTimes(q: ArrayLike<number> | null): Float64Array;
  /** Operations of one `bucket`. */
  readonly flops: number;
}

/**
 * Draw `bits` Gaussian directions, (bits × width) of metadata. The code of x is one sign bit a direction, its bucket the
 * position of that code in the reflected Gray sequence, so that neighbours (cyclically) differ in one sign (HyperAttention,
 * arXiv 2310.05869, Definition 1). For an angle θ between x and y (math.md 7.4):
 *   P[same bucket] = (1 − θ/π)^bits,   P[neighbouring bucket] = (2θ/π)·(1 − θ/π)^(bits−1)
 */
export function angularHash(
  bits: number,
  width: number,
  { rows, random }: Pick<CacheParts, 'rows' | 'random'>,
): AngularHash {
  const directions = rows(width, 'metadata');
  for (let j = 0; j < bits; j++)
    directions.append(Float64Array.from({ length: width }, () => random.gaussian()));
  return {
    buckets: 2 ** bits,
    flops: 2 * bits * width,
    directionsTimes(q) {
      const all = new Float64Array(bits * width);
      for (let j = 0; j < bits; j++) {
        const direction = directions.read(j);
        for (let t = 0; t < width; t++) all[j * width + t] = direction[t] * (q === null ? 1 : (q[t] ?? 0));
      }
      return all;
    },
    ...savedRows({ directions }),
  };
}

/** The bucket of a row, which may be shorter than the directions: then `last` is its last coordinate. */
export function bucketOf(row: ArrayLike<number>, directions: Float64Array, bits: number, last = 0): number {
  const width = directions.length / bits;
  let code = 0;
  for (let j = 0; j < bits; j++) {
    let dot = width > row.length ? last * directions[j * width + row.length] : 0;
    for (let t = 0; t < row.length; t++) dot += directions[j * width + t] * row[t];
    if (dot > 0) code |= 1 << j;
  }
  return grayPosition(code);
}

/**
 * Where a code of up to 31 bits stands in the reflected Gray sequence: the inverse of b ^ (b >> 1). HyperAttention's public
 * code applies the forward map instead, after which neighbours differ in up to three signs (math.md 7.4).
 */
export function grayPosition(code: number): number {
  let position = code;
  for (let shift = 1; shift < 32; shift *= 2) position ^= position >>> shift;
  return position;
}

/** Indices 0 … n-1 in the order of their buckets, older first within one. */
export function bucketOrder(buckets: ArrayLike<number>, count: number): Int32Array {
  const start = bucketStarts(buckets, count);
  const order = new Int32Array(buckets.length);
  for (let i = 0; i < buckets.length; i++) order[start[buckets[i]]++] = i;
  return order;
}

/** Where each bucket starts in that order; one more entry for the end. */
export function bucketStarts(buckets: ArrayLike<number>, count: number): Int32Array {
  const start = new Int32Array(count + 1);
  for (let i = 0; i < buckets.length; i++) start[buckets[i] + 1]++;
  for (let b = 0; b < count; b++) start[b + 1] += start[b];
  return start;
}

/** Copy rows of `from` in this order. */
export function copyInOrder(from: Rows, order: ArrayLike<number>, into: Rows): void {
  into.resize(order.length);
  for (let i = 0; i < order.length; i++) into.write(i, from.read(order[i]));
}
