import { defineCache, type CacheParts, type Size, type SizeInput } from '../../src/core/cache.js';
import { attention } from '../../src/core/plan.js';
import { gridFlops, rowsFlops } from './keeping/flops.js';
import { l2Slots } from './clusters/l2-slots.js';
import { leaderClusters } from './clusters/leader-clusters.js';
import { savedRandom, savedTogether } from './keeping/saved-state.js';
import { sideCount, sidesOf, type SideEntry } from './keeping/sides.js';
import { subgenEps, subgenOptions, type SubgenOptions } from './clusters/subgen-options.js';
import { tensorDecodingPaper } from './keeping/tensor-decoding-paper.js';

/**
 * SubGen4Cache, the literal and unbiased design (math.md 4.3): each side runs its own SubGen (arXiv 2402.06082,
 * Algorithm 1), and a query takes all pairs of samples of the two sides:
 *   Ẑ = Σ over sampled keys u of side 1, u' of side 2 of  w_u·w_u'·e^s,          w = c / min(t, c)
 *   N̂ = Σ over slots α of side 1, β of side 2 of  μ1·μ2 / (s²·|v1_α|²·|v2_β|²)·e^s·(v1_α * v2_β)
 * E Ẑ = Z and E N̂ = N because the sides are independent; the answer N̂/Ẑ is a ratio and only nearly unbiased.
 *
 * TKV's Lemma 5.1 claims SubGen4Cache without an algorithm; its error is stated in |V1 ⊘ V2|, while this design
 * gives |V1|·|V2| (math.md 4.3). Deviations from SubGen are noted in leader-clusters.ts and l2-slots.ts.
 * Not measured: three scalars a side (entries seen, μ, overwritten) and the random state.
 */
export const subgen4 = defineCache(
  {
    name: 'subgen4',
    summary:
      'per side: keys clustered and sampled for the denominator, entries sampled by |v|² for the numerator',
    paper: tensorDecodingPaper('Lemma 5.1, after SubGen (arXiv 2402.06082), Algorithm 1'),
    options: subgenOptions,
    exactness: 'unbiased',
    orders: ['tensor', 'matrix'],
    queryAware: false,
    appendOnly: false,
    selects: false,
    formulaText:
      'Σ over sides (m + Σ over clusters min(t, c) + 2·min(n, s))·d·b, m clusters of c keys; at most 4·n·d·b a side',
    formula: size,
    claimedEps: subgenEps,
    covering: (n) => ({ t: n, s: n }),
  },
  ({ delta, t, s }, parts) => {
    const sides = Array.from({ length: sideCount(parts.order) }, () => subgenSide({ delta, t, s }, parts));
    const [side1, side2 = null] = sides;
    const saved = savedTogether({
      stream: savedRandom(parts.random),
      ...Object.fromEntries(sides.map((side, i) => [`side${i + 1}`, side.saved])),
    });
    const logScale = () => side1.slots.logScale() + (side2?.slots.logScale() ?? 0);
    return {
      append: (entry) => sidesOf(entry, parts.order).forEach((rows, i) => sides[i].offer(rows)),
      plan: () => ({
        jobs: [
          attention(side1.slots.atoms(), side2?.slots.atoms() ?? null, 'numerator', logScale()),
          attention(side1.clusters.atoms(), side2?.clusters.atoms() ?? null, 'denominator'),
        ],
      }),
      census: () => ({
        ...{ kept1: side1.kept(), kept2: side2?.kept() ?? 0 },
        ...{ evicted1: side1.overwritten(), evicted2: side2?.overwritten() ?? 0 },
        ...{ clusters1: side1.clusters.clusters(), clusters2: side2?.clusters.clusters() ?? 0 },
        samples: side1.vectors() + (side2?.vectors() ?? 0),
      }),
      snapshot: saved.snapshot,
      restore: saved.restore,
    };
  },
);

/** SubGen on the keys and values of one side. */
function subgenSide({ delta, t, s }: SubgenOptions, parts: CacheParts) {
  const clusters = leaderClusters({ delta, t }, parts);
  const slots = l2Slots(s, parts);
  return {
    clusters,
    slots,
    saved: savedTogether({ clusters, slots }),
    offer(entry: SideEntry) {
      clusters.offer(entry.k);
      slots.offer(entry);
    },
    /** Atoms a query sees: sampled keys and slots. */
    kept: () => clusters.samples() + slots.slots(),
    overwritten: () => clusters.replaced() + slots.replaced(),
    /** Sampled vectors: a key per sample, a key and a value per slot. */
    vectors: () => clusters.samples() + 2 * slots.slots(),
  };
}

/** What the census says is held; without one, the most that n tokens can take: every key its own cluster. */
function size({ n, d, order, bytesPerNumber, census }: SizeInput, { s }: SubgenOptions): Size {
  const slots = Math.min(n, s);
  const sides = sideCount(order);
  const samples1 = census === null ? n : census.kept1 - slots;
  const samples2 = sides === 1 ? 0 : census === null ? n : census.kept2 - slots;
  const clusters = census === null ? sides * n : (census.clusters1 ?? 0) + (census.clusters2 ?? 0);
  const samples = samples1 + samples2;
  const vectors = clusters + samples + 2 * sides * slots;
  // two digits of a count per cluster, owner and weight of a sample, weight of a slot
  const metadata = 2 * clusters + 2 * samples + sides * slots;
  const flops =
    order === 'tensor'
      ? gridFlops(slots, slots, d, 'numerator') + gridFlops(samples1, samples2, d, 'denominator')
      : rowsFlops(slots, d, 'numerator') + rowsFlops(samples1, d, 'denominator');
  return {
    residentBytes: vectors * d * bytesPerNumber,
    metadataBytes: metadata * bytesPerNumber,
    scratchBytes: 0,
    flops,
  };
}
