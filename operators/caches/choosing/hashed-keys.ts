import type { CacheParts } from '../../../src/core/cache.js';
import type { Floats, Rows } from '../../../src/core/memory.js';
import { angularHash, bucketOf, type AngularHash } from './angular-hash.js';
import { numberList } from '../keeping/number-list.js';
import type { Saved } from '../keeping/saved-state.js';
import { squaredNorm } from '../keeping/squared-norm.js';

/** The buckets of the keys of one side. */
export interface HashedKeys {
  readonly hash: AngularHash;
  /** What must be saved: the directions. Buckets follow from them and the keys. */
  readonly saved: Saved;
  /** Note the bucket of the newest of `keys`: O(bits·d), and O(n·bits·d) when the norm's bound doubles. */
  grow(keys: Rows): void;
  rebuild(keys: Rows): void;
  /** Bucket of each key, (n). */
  buckets(): Float64Array;
}

/**
 * Hash keys as they come, one number of metadata each. With `norms`, keys get one more coordinate that makes them all as
 * long as the longest may be, M: (k, √(M² − |k|²)), and queries a 0, so that the angle to a query says how large the inner
 * product is, not only how well the directions agree (the reduction of inner products to angles; math.md 7.6). M is a power of
 * 2; when a longer key comes it doubles and all keys are hashed again.
 */
export function hashedKeys(bits: number, norms: boolean, parts: CacheParts): HashedKeys {
  const { d, rows } = parts;
  const hash = angularHash(bits, norms ? d + 1 : d, parts);
  const numbers = numberList(rows(1, 'metadata'));
  let reach = 0; // M²

  const add = (k: Floats, directions: Float64Array) => {
    const rest = norms ? Math.sqrt(Math.max(0, reach - squaredNorm(k))) : 0;
    numbers.push(bucketOf(k, directions, bits, rest));
  };
  function rebuild(keys: Rows): void {
    const directions = hash.directionsTimes(null);
    numbers.set([]);
    for (let i = 0; i < keys.count; i++) reach = reachOf(keys.read(i), i === 0 ? 0 : reach);
    for (let i = 0; i < keys.count; i++) add(keys.read(i), directions);
  }
  return {
    hash,
    saved: hash,
    rebuild,
    grow(keys) {
      const k = keys.read(keys.count - 1);
      if (reachOf(k, keys.count === 1 ? 0 : reach) !== reach || keys.count === 1) rebuild(keys);
      else add(k, hash.directionsTimes(null));
    },
    buckets: numbers.values,
  };
}

/** The smallest power of 4 that |k|² does not exceed, or the one so far. */
function reachOf(k: Floats, reach: number): number {
  const square = squaredNorm(k);
  return square <= reach || !Number.isFinite(square) ? reach : 4 ** Math.ceil(Math.log2(square) / 2 + 1e-12);
}
