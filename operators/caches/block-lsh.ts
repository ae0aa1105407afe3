import { z } from 'zod';
import { defineCache, type CacheParts, type Size, type SizeInput } from '../../src/core/cache.js';
import type { Floats, Rows } from '../../src/core/memory.js';
import {
  attention,
  matrix,
  type AttendJob,
  type Atoms,
  type Matrix,
  type Plan,
} from '../../src/core/plan.js';
import { angularHash, bucketOf, bucketOrder, copyInOrder } from './choosing/angular-hash.js';
import { distinctBelow } from './choosing/distinct-below.js';
import { entryRows, type EntryRows } from './keeping/entry-rows.js';
import { gridFlops } from './keeping/flops.js';
import { numberList, type NumberList } from './keeping/number-list.js';
import { savedRandom, savedTogether } from './keeping/saved-state.js';
import { sliceMatrix } from './choosing/slices.js';

const options = z
  .object({
    directions: z
      .int()
      .min(1)
      .max(16)
      .default(7)
      .describe('random directions of the hash, so 2^directions buckets'),
    block: z
      .int()
      .positive()
      .default(64)
      .describe('rows per block on both sides, in the order of their buckets'),
    rest: z
      .enum(['drop', 'scale', 'sample'])
      .default('drop')
      .describe('pairs outside the blocks: dropped; estimated in the denominator only; sampled in both sums'),
    samples: z.int().positive().default(64).describe('keys of side 2 drawn for `scale` and `sample`'),
    alpha: z.number().positive().max(1).default(1).describe('factor on the answer, with rest = drop'),
  })
  .refine(({ rest, alpha }) => rest === 'drop' || alpha === 1, {
    path: ['alpha'],
    message: 'only with rest = drop: the other two estimate what is missing',
  });
type Options = z.output<typeof options>;

/**
 * Block-diagonal sorted attention, for one decode step: the rows y_a = scale·q * k1_a are the queries, side 2 the keys. Both
 * are sorted by the bucket of an angular hash and cut into blocks of `block` rows; block i attends to block i. This is
 * Algorithm 1 of the naturally-sparse paper (math.md 7.5) with two changes that a decode step forces: all pairs share one
 * softmax, not one per row, and there is no row permutation to undo, because the rows of side 1 are summed.
 *
 * What becomes of the rest:
 * - `drop`: nothing; the answer is multiplied by `alpha`, the paper's scale coefficient. The paper derives it from a lower
 *   bound on the mass that is kept, which is 0 for R below about 6 (math.md 7.2, 7.5), so here it is given, not derived.
 * - `scale`: alpha is estimated: samples of the other keys enter the denominator only, so the answer shrinks by the share
 *   of the softmax that the blocks hold.
 * - `sample`: HyperAttention (arXiv 2310.05869): the same samples in both sums, weight n/samples, those inside the block left out.
 *
 * Scale makes errors smaller where attention is flat, because shrinking towards 0 is safe, not because the answer is better
 * (math.md 7.5). In matrix order a step has one query, so there is no block of queries: see `lsh`.
 * Sorting and copying take O(n·directions·d) on the main thread at every query. Nothing is evicted.
 */
export const blockLsh = defineCache(
  {
    name: 'block-lsh',
    summary: 'keep all, sort both sides by hash buckets, score blocks on the diagonal',
    paper: {
      title: 'Attention is Naturally Sparse with Gaussian Distributed Input',
      section: 'Algorithm 1, with the samples of HyperAttention (arXiv 2310.05869)',
      url: 'https://arxiv.org/abs/2404.02690',
    },
    options,
    exactness: 'heuristic',
    orders: ['tensor'],
    queryAware: false,
    appendOnly: true,
    selects: false,
    readsPart: true,
    formulaText:
      '4·n·d·b; n + directions·d + min(samples, n) numbers of metadata (no samples with rest = drop)',
    formula: size,
    covering: (n) => ({ block: n }),
  },
  (given, parts) => {
    const entries = entryRows(parts);
    const hash = angularHash(given.directions, parts.d, parts);
    const [buckets, drawn] = [0, 1].map(() => numberList(parts.rows(1, 'metadata')));
    const place = () => hash.directionsTimes(null);
    const add = (k: Floats, plain: Float64Array) => buckets.push(bucketOf(k, plain, given.directions));
    const saved = savedTogether({ entries, hash, random: savedRandom(parts.random), drawn });
    return {
      append(entry) {
        entries.append(entry);
        add(entry.k2!, place());
        if (given.rest === 'drop') return;
        const n = entries.k1.count;
        drawn.set(distinctBelow(n, Math.min(given.samples, n), parts.random));
      },
      plan: planner(entries, hash, buckets, drawn, given, parts),
      census: entries.census,
      snapshot: saved.snapshot,
      restore(snapshot) {
        saved.restore(snapshot);
        buckets.set([]);
        for (let i = 0; i < entries.k2!.count; i++) add(entries.k2!.read(i), place());
      },
    };
  },
);

/** One side in bucket order, in scratch. */
interface Sorted {
  readonly keys: Rows;
  readonly values: Rows;
}

function planner(
  { k1, v1, k2, v2 }: EntryRows,
  hash: ReturnType<typeof angularHash>,
  buckets: NumberList,
  drawn: NumberList,
  given: Options,
  { d, rows, scale, bytesPerNumber }: CacheParts,
): (q: Floats) => Plan {
  const [one, two, samples] = Array.from({ length: 3 }, (): Sorted => ({
    keys: rows(d, 'scratch'),
    values: rows(d, 'scratch'),
  }));
  return (q) => {
    const scaled = hash.directionsTimes(q.map((x) => x * scale));
    const queries = Float64Array.from({ length: k1.count }, (_, a) =>
      bucketOf(k1.read(a), scaled, given.directions),
    );
    copySide(k1, v1, bucketOrder(queries, hash.buckets), one);
    const order2 = bucketOrder(buckets.values(), hash.buckets);
    copySide(k2!, v2!, order2, two);
    const places = [...drawn.values()]; // in bucket order, ascending
    copySide(
      k2!,
      v2!,
      places.map((place) => order2[place]),
      samples,
    );
    const n = k1.count;
    const jobs: AttendJob[] = [];
    for (let from = 0; from < n; from += given.block) {
      const to = Math.min(n, from + given.block);
      const slice = (side: Sorted, ...ranges: { from: number; to: number }[]): Atoms => {
        const of = (of: Rows): Matrix => sliceMatrix(matrix(of), ranges, bytesPerNumber);
        return atomsOf(of(side.keys), of(side.values));
      };
      const before = places.filter((place) => place < from).length;
      const behind = places.filter((place) => place < to).length;
      const outside = slice(samples, { from: 0, to: before }, { from: behind, to: places.length });
      const weight = Math.log(n / places.length);
      jobs.push(...blockJobs(slice(one, { from, to }), slice(two, { from, to }), outside, weight, given));
    }
    return { jobs, flops: n * hash.flops };
  };
}

function atomsOf(keys: Matrix, values: Matrix): Atoms {
  return { keys, values, logWeights: null };
}

function copySide(keys: Rows, values: Rows, order: ArrayLike<number>, into: Sorted): void {
  copyInOrder(keys, order, into.keys);
  copyInOrder(values, order, into.values);
}

/** A block of queries with its block of keys, and with samples of the others. */
function blockJobs(
  queries: Atoms,
  keys: Atoms,
  others: Atoms,
  weight: number,
  { rest, alpha }: Options,
): readonly AttendJob[] {
  if (rest === 'drop' && alpha < 1) {
    return [attention(queries, keys, 'numerator', Math.log(alpha)), attention(queries, keys, 'denominator')];
  }
  if (rest === 'drop' || others.keys.count === 0) return [attention(queries, keys)];
  const role = rest === 'scale' ? 'denominator' : 'both';
  return [attention(queries, keys), attention(queries, others, role, weight)];
}

/** Operations are the most: samples that fall into a block are not scored with it. */
function size(
  { n, d, bytesPerNumber }: SizeInput,
  { directions, block, rest, samples, alpha }: Options,
): Size {
  const drawn = rest === 'drop' ? 0 : Math.min(samples, n);
  const last = n % block;
  const whole = (n - last) / block;
  const blocks = (role: 'both' | 'numerator' | 'denominator') =>
    whole * gridFlops(block, block, d, role) + gridFlops(last, last, d, role);
  const near = alpha < 1 ? blocks('numerator') + blocks('denominator') : blocks('both');
  const far = drawn === 0 ? 0 : gridFlops(n, drawn, d, rest === 'scale' ? 'denominator' : 'both');
  return {
    residentBytes: 4 * n * d * bytesPerNumber,
    metadataBytes: (n + directions * d + drawn) * bytesPerNumber,
    scratchBytes: (4 * n + 2 * drawn) * d * bytesPerNumber,
    flops: 2 * directions * d * n + near + far,
  };
}
