import { defineCache, type CacheParts, type Entry, type Size, type SizeInput } from '../../src/core/cache.js';
import { attention } from '../../src/core/plan.js';
import { entryRows } from './keeping/entry-rows.js';
import { rowsFlops } from './keeping/flops.js';
import { l2Slots } from './clusters/l2-slots.js';
import { leaderClusters } from './clusters/leader-clusters.js';
import { savedRandom, savedTogether } from './keeping/saved-state.js';
import { sidesOf, type SideEntry } from './keeping/sides.js';
import { subgenEps, subgenOptions, type SubgenOptions } from './clusters/subgen-options.js';
import { tensorDecodingPaper } from './keeping/tensor-decoding-paper.js';

/**
 * SubGen2Cache (TKV, Lemma 5.2): one SubGen (arXiv 2402.06082, Algorithm 1) over the stream of all pairs, each a key
 * k1_a * k2_b with a value v1_a * v2_b. Token n brings the 2n−1 pairs with itself, in shell order.
 *   Ẑ = Σ over sampled keys u of  w_u·e^(scale·<q,u>),  w = c / min(t, c);
 *   N̂ = Σ over slots of  μ / (s·|v|²)·e^(scale·<q,k>)·v
 *
 * The paper's model is an oracle that delivers the pairs, and it counts m·(1 + t) + 2·s vectors: the resident bytes
 * here. Without an oracle pairs can only be made from every old k1, k2, v1, v2, so those 4·n·d numbers are held as
 * well, as metadata, and the cache is not sublinear (math.md 4.2). Both are in the trace. An append costs
 * O(n·(m·d + s)), which no order of work avoids: use it to check the paper, and `subgen4` or `subgen-atoms` to save
 * memory. In matrix order pairs are tokens, nothing generates them, and this is SubGen itself.
 *
 * Census: kept1 counts samples and slots, which are pairs; side 2 has none of its own.
 */
export const subgen2 = defineCache(
  {
    name: 'subgen2',
    summary: 'SubGen over the stream of all n² pairs; the entries that generate it are kept, as metadata',
    paper: tensorDecodingPaper('Lemma 5.2, after SubGen (arXiv 2402.06082), Algorithm 1'),
    options: subgenOptions,
    exactness: 'unbiased',
    orders: ['tensor', 'matrix'],
    queryAware: false,
    appendOnly: false,
    selects: false,
    formulaText:
      '(m + Σ over clusters min(t, c) + 2·min(n², s))·d·b, m clusters of c pairs; and 4·n·d·b metadata that ' +
      'generates the pairs (matrix order: n for n², and no such metadata)',
    formula: size,
    claimedEps: subgenEps,
    covering: (n) => ({ t: n * n, s: n * n }),
  },
  ({ delta, t, s }, parts) => {
    const clusters = leaderClusters({ delta, t }, parts);
    const slots = l2Slots(s, parts);
    const stream = parts.order === 'tensor' ? pairStream(parts) : null;
    const saved = savedTogether({
      random: savedRandom(parts.random),
      ...{ clusters, slots },
      ...(stream && { stream: stream.entries }),
    });
    const offer = (pair: SideEntry) => {
      clusters.offer(pair.k);
      slots.offer(pair);
    };
    return {
      append(entry) {
        if (stream === null) offer(sidesOf(entry, 'matrix')[0]);
        else stream.append(entry, offer);
      },
      plan: () => ({
        jobs: [
          attention(slots.atoms(), null, 'numerator', slots.logScale()),
          attention(clusters.atoms(), null, 'denominator'),
        ],
      }),
      census: () => ({
        ...{ kept1: clusters.samples() + slots.slots(), kept2: 0 },
        ...{ evicted1: clusters.replaced() + slots.replaced(), evicted2: 0 },
        ...{ clusters1: clusters.clusters(), clusters2: parts.order === 'tensor' ? null : 0 },
        samples: clusters.samples() + 2 * slots.slots(),
      }),
      snapshot: saved.snapshot,
      restore: saved.restore,
    };
  },
);

/** All entries, and the pairs that each new one brings. */
function pairStream({ d, order, rows }: Pick<CacheParts, 'd' | 'order' | 'rows'>) {
  const entries = entryRows({ d, order, rows: (width) => rows(width, 'metadata') });
  const { k1, k2, v1, v2 } = entries;
  if (k2 === null || v2 === null) throw new RangeError('pairs need a side 2');
  const pair = { k: new Float64Array(d), v: new Float64Array(d) };
  const multiply = (a: number, b: number): SideEntry => {
    const [x, y, v, w] = [k1.read(a), k2.read(b), v1.read(a), v2.read(b)];
    for (let j = 0; j < d; j++) {
      pair.k[j] = x[j] * y[j];
      pair.v[j] = v[j] * w[j];
    }
    return pair;
  };
  return {
    entries,
    /** Shell order: the new token with every b, then every older a with it. */
    append(entry: Entry, take: (pair: SideEntry) => void) {
      entries.append(entry);
      const last = k1.count - 1;
      for (let b = 0; b <= last; b++) take(multiply(last, b));
      for (let a = 0; a < last; a++) take(multiply(a, last));
    },
  };
}

/** What the census says is held; without one, the most that n tokens can take: every pair its own cluster. */
function size({ n, d, order, bytesPerNumber, census }: SizeInput, { s }: SubgenOptions): Size {
  const pairs = order === 'tensor' ? n * n : n;
  const slots = Math.min(pairs, s);
  const samples = census === null ? pairs : census.kept1 - slots;
  const clusters = census === null ? pairs : (census.clusters1 ?? 0);
  const generator = order === 'tensor' ? 4 * n * d : 0;
  return {
    residentBytes: (clusters + samples + 2 * slots) * d * bytesPerNumber,
    // the entries; two digits of a count per cluster, owner and weight of a sample, weight of a slot
    metadataBytes: (generator + 2 * clusters + 2 * samples + slots) * bytesPerNumber,
    scratchBytes: 0,
    flops: rowsFlops(slots, d, 'numerator') + rowsFlops(samples, d, 'denominator'),
  };
}
