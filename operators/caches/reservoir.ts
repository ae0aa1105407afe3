import { z } from 'zod';
import { defineCache, type CacheParts } from '../../src/core/cache.js';
import { Failure } from '../../src/core/failure.js';
import { attention } from '../../src/core/plan.js';
import { parseBudget } from './keeping/budget.js';
import { keptRows } from './keeping/kept-rows.js';
import { savedRandom } from './keeping/saved-state.js';
import { selectingCache, type SelectingSide } from './keeping/selecting-cache.js';
import {
  allowances,
  refuseSmallBudgets,
  sideBudgets,
  sidesWithin,
  sizeWithin,
  type SideBudgets,
} from './keeping/side-budgets.js';

const COST = { metadata: 0 };

/**
 * Per side a uniform sample of the tokens without replacement (Algorithm R: token number n takes a random place with
 * probability m/n), each standing for n/m tokens. The sides are sampled independently, so a pair is sampled with
 * probability (m1/n)·(m2/n), and
 *   Ẑ = (n/m1)·(n/m2)·Σ e^s   and   N̂ = (n/m1)·(n/m2)·Σ e^s·(v1 * v2)   over all pairs of samples
 * are right on average; their ratio is only nearly so. The weights, ln(n/m) a side, are the same for all atoms: they
 * are one number of the job, not a column. They cancel in the answer, which is attention over a uniform sample.
 *
 * The newest token is sampled like any other: a query may not see its own. A share is refused: a sample of m + 1 from
 * n + 1 tokens needs one that was dropped whenever the new token is not drawn (probability 1 − (m + 1)/(n + 1)).
 */
export const reservoir = defineCache(
  {
    name: 'reservoir',
    summary: 'a uniform sample of the tokens of each side, weighted so that sums are right on average',
    paper: {
      title: 'Random Sampling with a Reservoir',
      section: 'Algorithm R, one reservoir a side',
      url: 'https://doi.org/10.1145/3147.3165',
    },
    options: z.object({
      size: sideBudgets.size.describe(
        'tokens sampled on side 1: a number (128) or bytes (64KiB); not a share',
      ),
      size2: sideBudgets.size2.describe('tokens sampled on side 2; as `size` if not given'),
    }),
    exactness: 'unbiased',
    orders: ['tensor', 'matrix'],
    queryAware: false,
    appendOnly: false,
    selects: false,
    formulaText:
      '2·(kept1 + kept2)·d·b with kept = min(n, size) if size is in tokens (matrix order: 2·kept1·d·b)',
    formula: (input, options) => sizeWithin(input, options, COST),
    covering: (n) => ({ size: n }),
    within: sidesWithin(COST),
  },
  (options, parts) => {
    refuseShares(options);
    refuseSmallBudgets('reservoir', options, COST, parts);
    const sides = allowances(options, COST, parts).map((allowed) => reservoirSide(allowed, parts));
    const [one, two = null] = sides.map(({ kept }) => kept);
    const logScale = () => sides.reduce((sum, { kept }) => sum + Math.log(kept.seen() / kept.kept()), 0);
    const samples = () => 2 * (one.kept() + (two?.kept() ?? 0)); // a key and a value each
    // `sides` stays inside: what changes rows there would break the weights.
    const { sides: _, ...cache } = selectingCache(parts, sides, { stream: savedRandom(parts.random) });
    return {
      ...cache,
      plan: () => ({ jobs: [attention(one.atoms(), two?.atoms() ?? null, 'both', logScale())] }),
      census: () => ({ ...cache.census(), samples: samples() }),
    };
  },
);

/** Algorithm R. A token that is not drawn never entered; one that is overwritten was evicted. */
function reservoirSide(allowed: (n: number) => number, parts: CacheParts): SelectingSide {
  const kept = keptRows(parts, { allowed, positions: 'implied' });
  return {
    kept,
    saved: kept,
    take(entry) {
      const m = allowed(kept.seen() + 1);
      if (kept.kept() < m) return void kept.put(entry, () => 0);
      const place = parts.random.below(kept.seen() + 1);
      if (place < m) kept.put(entry, () => place);
      else kept.skip();
    },
  };
}

/** @throws Failure `bad-option` */
function refuseShares({ size, size2 = size }: SideBudgets): void {
  for (const [option, input] of Object.entries({ size, size2 })) {
    if (parseBudget(input).unit !== 'ratio') continue;
    throw new Failure(
      'bad-option',
      `cache reservoir: ${option} = ${input}: a sample that grows with the stream cannot stay uniform`,
      'give tokens (size=128) or bytes (size=64KiB); random takes a share',
    );
  }
}
