import { defineCache } from '../../src/core/cache.js';
import { attention } from '../../src/core/plan.js';
import { firstOrderFlops, firstOrderRows } from './clusters/first-order.js';
import { savedRandom, savedTogether } from './keeping/saved-state.js';
import { sidesOf } from './keeping/sides.js';
import {
  allowedSides,
  refuseImpossible,
  subgenAtomsOptions,
  subgenAtomsSize,
  subgenAtomsWithin,
} from './clusters/subgen-atoms-size.js';
import { subgenAtomsSide } from './clusters/subgen-atoms-side.js';
import { tensorDecodingPaper } from './keeping/tensor-decoding-paper.js';

/**
 * SubGen4Cache in the form that math.md 4.8 recommends: per side a small window of exact recent entries, and clusters
 * of those that left it, with one weighted atom per cluster, its mean key and mean value (`centroids`), or t entries
 * drawn from it (`samples`). Numerator and denominator come from the same atoms, so weights sum to 1 and the answer
 * stays within the convex hull of v1 * v2; `moments` gives that up for values right to first order.
 *
 * Differs from SubGen (arXiv 2402.06082) and from TKV's Lemma 5.1, whose literal form is `subgen4`: no two independent
 * estimators, but one that is biased and, at equal memory, has 10 to 100 times less error where keys cluster
 * (math.md 4.6); the number of clusters is bounded, and the radius grows instead; no bound ε‖p‖₂‖V1 ⊘ V2‖ is
 * claimed. Centroids never overestimate: Z lies in Ẑ·[1, e^(Δ²/8)], Δ the largest range of scores in a pair of
 * clusters (Jensen, Hoeffding). Where keys do not cluster and values follow from them, centroids lose what matters
 * (relative error 0.9 on the unit sphere in 16 dimensions): then `moments`, with few clusters.
 *
 * Not measured: five scalars a side (tokens seen, longest value, radius and whether it can merge more, place in the
 * window) and the random state.
 */
export const subgenAtoms = defineCache(
  {
    name: 'subgen-atoms',
    summary:
      'per side: a window of recent entries, and older ones as weighted centroids or samples of clusters',
    paper: tensorDecodingPaper('Lemma 5.1, after SubGen (arXiv 2402.06082), with one set of weighted atoms'),
    options: subgenAtomsOptions,
    exactness: 'heuristic',
    orders: ['tensor', 'matrix'],
    queryAware: false,
    appendOnly: false,
    selects: false,
    formulaText:
      'Σ over sides (2·atoms + m)·d·b, m ≤ clusters that the budget allows; atoms = window + m, or window + ' +
      'Σ min(t, c) samples; with moments also m·d²·b',
    formula: subgenAtomsSize,
    within: subgenAtomsWithin,
    covering: (n) => ({ size: n, window: 0 }),
  },
  (options, parts) => {
    refuseImpossible(options, parts);
    const sides = allowedSides(options, parts).map((allowed) => subgenAtomsSide(options, allowed, parts));
    const [side1, side2 = null] = sides;
    const corrected = options.moments ? firstOrderRows(parts) : null;
    const saved = savedTogether({
      stream: savedRandom(parts.random),
      ...Object.fromEntries(sides.map((side, i) => [`side${i + 1}`, side.saved])),
    });
    return {
      append: (entry) => sidesOf(entry, parts.order).forEach((rows, i) => sides[i].offer(rows)),
      plan(q) {
        if (corrected === null) return { jobs: [attention(side1.atoms(), side2?.atoms() ?? null)] };
        const count = (side: typeof side1) => [side.kept(), side.clusters()] as const;
        return {
          jobs: [corrected(q, side1.momentSide(), side2?.momentSide() ?? null)],
          flops: firstOrderFlops(parts.d, count(side1), side2 === null ? [1, 0] : count(side2)),
        };
      },
      census: () => ({
        ...{ kept1: side1.kept(), kept2: side2?.kept() ?? 0 },
        ...{ evicted1: side1.evicted(), evicted2: side2?.evicted() ?? 0 },
        ...{ clusters1: side1.clusters(), clusters2: side2?.clusters() ?? 0 },
        samples: side1.samples() + (side2?.samples() ?? 0),
      }),
      snapshot: saved.snapshot,
      restore: saved.restore,
    };
  },
);
