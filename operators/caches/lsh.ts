import { z } from 'zod';
import { defineCache, type CacheParts, type Size, type SizeInput } from '../../src/core/cache.js';
import type { Floats, Rows } from '../../src/core/memory.js';
import {
  atoms,
  attention,
  matrix,
  type Atoms,
  type AttendJob,
  type Matrix,
  type Plan,
} from '../../src/core/plan.js';
import { bucketOf, bucketOrder, bucketStarts, copyInOrder } from './choosing/angular-hash.js';
import { distinctBelow } from './choosing/distinct-below.js';
import { entryRows } from './keeping/entry-rows.js';
import { gridFlops, rowsFlops } from './keeping/flops.js';
import { hashedKeys, type HashedKeys } from './choosing/hashed-keys.js';
import { numberList, type NumberList } from './keeping/number-list.js';
import { savedRandom, savedTogether } from './keeping/saved-state.js';
import { sliceMatrix } from './choosing/slices.js';

const options = z.object({
  directions: z
    .int()
    .min(1)
    .max(16)
    .default(8)
    .describe('random directions of the hash, so 2^directions buckets'),
  near: z.int().positive().default(64).describe('keys around the bucket of a query that are scored'),
  samples: z.int().positive().default(64).describe('keys drawn from the others, which stand for all of them'),
  norms: z
    .boolean()
    .default(true)
    .describe('hash by inner product (one more coordinate), not by angle alone'),
});
type Options = z.output<typeof options>;

/**
 * Locality-sensitive hashing for one decode step (math.md 7.6). Side 2 is kept in the order of its buckets. In tensor order
 * every row of side 1 is a query of its own, y_a = scale·q * k1_a: it is scored with the `near` keys around its bucket and
 * with `samples` of the others, weight (n − near)/samples each, all in one softmax. In matrix order q is the only query.
 * The samples are the same for all rows and drawn anew for every token; given the directions, Ẑ and N̂ are unbiased.
 *
 * After HyperAttention (arXiv 2310.05869), which hashes queries and keys of a whole sequence; here rows that share a bucket
 * share their window, so each bucket is one job. Nothing is evicted: this saves operations, not memory.
 *
 * Limits: the main thread hashes all rows of side 1 and copies both sides in bucket order at every query, O(n·directions·d), and
 * that is slower than exact attention on a fast kernel up to some thousand tokens. At d = 16 and Gaussian keys a window of
 * an eighth of the keys holds only 20 to 50 percent of the softmax, where the best eighth holds 50 to 99: prefer `skip`.
 */
export const lsh = defineCache(
  {
    name: 'lsh',
    summary: 'keep all, score the keys in buckets near each query and samples of the rest',
    paper: {
      title: 'HyperAttention: Long-context Attention in Near-Linear Time',
      section: 'Definition 1, Hamming sorted hashing, and uniform samples of the rest',
      url: 'https://arxiv.org/abs/2310.05869',
    },
    options,
    exactness: 'unbiased',
    orders: ['tensor', 'matrix'],
    queryAware: false,
    appendOnly: true,
    selects: false,
    readsPart: true,
    formulaText:
      '4·n·d·b (matrix order: 2·n·d·b); n + directions·(d + 1) + min(samples, n − near) numbers of metadata',
    formula: size,
    covering: (n) => ({ near: n }),
  },
  (given, parts) => {
    const entries = entryRows(parts);
    const index = entries.k2 ?? entries.k1;
    const hashed = hashedKeys(given.directions, given.norms, parts);
    const ranks = numberList(parts.rows(1, 'metadata'));
    const saved = savedTogether({
      entries,
      hash: hashed.saved,
      random: savedRandom(parts.random),
      ranks,
    });
    return {
      append(entry) {
        entries.append(entry);
        hashed.grow(index);
        const { others, samples } = split(index.count, given);
        ranks.set(distinctBelow(others, samples, parts.random));
      },
      plan: planner(entries, hashed, ranks, given, parts),
      census: entries.census,
      snapshot: saved.snapshot,
      restore(snapshot) {
        saved.restore(snapshot);
        hashed.rebuild(index);
      },
    };
  },
);

/** What each query sees of n keys. */
function split(n: number, { near, samples }: Options) {
  const seen = Math.min(near, n);
  return { near: seen, others: n - seen, samples: Math.min(samples, n - seen) };
}

function planner(
  { k1, v1, k2, v2 }: ReturnType<typeof entryRows>,
  hashed: HashedKeys,
  ranks: NumberList,
  given: Options,
  parts: CacheParts,
): (q: Floats) => Plan {
  const { d, order, scale } = parts;
  const sorted = sortedSide(ranks, given, parts);
  const scratch = () => parts.rows(d, 'scratch');
  const one = order === 'tensor' ? { keys: scratch(), values: scratch() } : null;
  const ones = new Float64Array(d).fill(1); // in matrix order the other side is one atom with k = 1
  return (q) => {
    const scaled = hashed.hash.directionsTimes(q.map((x) => x * scale));
    const place = (row: ArrayLike<number>) => bucketOf(row, scaled, given.directions);
    const buckets = hashed.buckets();
    if (one === null || k2 === null || v2 === null) {
      const seen = sorted.around(buckets, k1, v1);
      return { jobs: [attention(seen(place(ones)), null)], flops: hashed.hash.flops };
    }
    const queries = Float64Array.from({ length: k1.count }, (_, a) => place(k1.read(a)));
    const rows = bucketOrder(queries, hashed.hash.buckets);
    copyInOrder(k1, rows, one.keys);
    copyInOrder(v1, rows, one.values);
    const seen = sorted.around(buckets, k2, v2);
    const jobs = eachGroup(
      atoms(one.keys, one.values),
      queries,
      hashed.hash.buckets,
      parts.bytesPerNumber,
    ).map(({ bucket, group }) => attention(group, seen(bucket)));
    return { jobs: jobs as AttendJob[], flops: k1.count * hashed.hash.flops };
  };
}

/** Rows of side 1 that share a bucket, in the order they were copied. */
function eachGroup(side1: Atoms, queries: Float64Array, buckets: number, bytesPerNumber: number) {
  const start = bucketStarts(queries, buckets);
  const groups: { bucket: number; group: Atoms }[] = [];
  for (let bucket = 0; bucket < buckets; bucket++) {
    const range = { from: start[bucket], to: start[bucket + 1] };
    if (range.from === range.to) continue;
    const slice = (rows: Matrix) => sliceMatrix(rows, [range], bytesPerNumber);
    groups.push({
      bucket,
      group: { keys: slice(side1.keys), values: slice(side1.values), logWeights: null },
    });
  }
  return groups;
}

/**
 * Side 2 in bucket order, in scratch, and what a query of some bucket sees of it: a window [lo, lo + w), and samples of the
 * others. The sample of rank j is key j before the window and key j + w behind it; both are copied, so that the samples
 * of any window are two ranges.
 */
function sortedSide(ranks: NumberList, given: Options, { d, rows, bytesPerNumber }: CacheParts) {
  const [keys, values, before, beforeValues, behind, behindValues] = Array.from({ length: 6 }, () =>
    rows(d, 'scratch'),
  );
  const logWeights = rows(1, 'scratch');
  return {
    around(buckets: Float64Array, k: Rows, v: Rows): (bucket: number) => Atoms {
      const { near, others, samples } = split(k.count, given);
      const count = 2 ** given.directions;
      const [order, start] = [bucketOrder(buckets, count), bucketStarts(buckets, count)];
      copyInOrder(k, order, keys);
      copyInOrder(v, order, values);
      const drawn = [...ranks.values()];
      const [here, there] = [drawn.map((j) => order[j]), drawn.map((j) => order[j + near])];
      copyInOrder(k, here, before);
      copyInOrder(v, here, beforeValues);
      copyInOrder(k, there, behind);
      copyInOrder(v, there, behindValues);
      logWeights.resize(samples === 0 ? 0 : near + samples);
      for (let i = 0; i < logWeights.count; i++)
        logWeights.write(i, [i < near ? 0 : Math.log(others / samples)]);
      const joined = (all: Rows, first: Rows, last: Rows, lo: number, inFront: number): Matrix => {
        const slice = (of: Rows, from: number, to: number) =>
          sliceMatrix(matrix(of), [{ from, to }], bytesPerNumber).spans;
        const spans = [
          ...slice(all, lo, lo + near),
          ...slice(first, 0, inFront),
          ...slice(last, inFront, samples),
        ];
        return { width: d, count: near + samples, spans };
      };
      return (bucket) => {
        const middle = (start[bucket] + start[bucket + 1]) >> 1;
        const lo = Math.max(0, Math.min(others, middle - (near >> 1)));
        const inFront = drawn.filter((j) => j < lo).length;
        return {
          keys: joined(keys, before, behind, lo, inFront),
          values: joined(values, beforeValues, behindValues, lo, inFront),
          logWeights: samples === 0 ? null : matrix(logWeights),
        };
      };
    },
  };
}

function size({ n, d, order, bytesPerNumber }: SizeInput, given: Options): Size {
  const { near, samples } = split(n, given);
  const [tensor, width] = [order === 'tensor', given.norms ? d + 1 : d];
  const scratch = (tensor ? 4 : 2) * n * d + 4 * samples * d + (samples === 0 ? 0 : near + samples);
  const hashing = 2 * given.directions * width * (tensor ? n : 1);
  return {
    residentBytes: (tensor ? 4 : 2) * n * d * bytesPerNumber,
    metadataBytes: (n + given.directions * width + samples) * bytesPerNumber,
    scratchBytes: scratch * bytesPerNumber,
    flops: hashing + (tensor ? gridFlops(n, near + samples, d) : rowsFlops(near + samples, d)),
  };
}
