import { z } from 'zod';
import { defineCache, type CacheParts } from '../../src/core/cache.js';
import { keptRows } from './keeping/kept-rows.js';
import { savedNumbers, savedTogether } from './keeping/saved-state.js';
import { allowances, refuseSmallBudgets, sideBudgets, sidesWithin } from './keeping/side-budgets.js';
import {
  leastSlot,
  sizeWatched,
  watchedCost,
  watchingCache,
  type WatchingSide,
} from './keeping/watching-cache.js';

const NAME = 'tova';
const COST = watchedCost(1); // positions, for ties
const UNKNOWN = -1;

/**
 * Token omission via attention (TOVA): the token with the least weight under the last query leaves, whatever its age.
 * In tensor attention the weight of a token is its marginal on its side, Σ_b p_ab or Σ_a p_ab, and each side drops its
 * own. No memory of earlier queries: what one query ignores is gone for the next. Of equal marginals the older leaves.
 *
 * Differences from the paper: a query never sees more than the budget, because the least one leaves when the next token
 * comes, not after its own query (so `size` = m here is a cache of m − 1 there); heads choose apart, the paper averages
 * the heads of a layer. Where no query was shown since the last eviction the oldest leaves.
 */
export const tova = defineCache(
  {
    name: NAME,
    summary: 'per side, the token that the last query attended to least leaves',
    paper: {
      title: 'Transformers are Multi-State RNNs',
      section: 'the TOVA policy',
      url: 'https://arxiv.org/abs/2401.06104',
    },
    options: z.object(sideBudgets),
    exactness: 'heuristic',
    orders: ['tensor', 'matrix'],
    queryAware: true,
    appendOnly: false,
    selects: true,
    formulaText:
      '(2·d + 1)·(kept1 + kept2)·b, and (kept1 + kept2)·b scratch; kept = min(n, size) if size is in tokens',
    formula: (input, options) => sizeWatched(input, options, COST),
    covering: (n) => ({ size: n }),
    within: sidesWithin(COST),
  },
  (options, parts) => {
    refuseSmallBudgets(NAME, options, COST, parts);
    return watchingCache(
      parts,
      allowances(options, COST, parts).map((allowed) => tovaSide(allowed, parts)),
    );
  },
);

function tovaSide(allowed: (n: number) => number, parts: CacheParts): WatchingSide {
  const kept = keptRows(parts, { allowed, positions: 'metadata' });
  let ignored = UNKNOWN; // the slot that the last query attended to least
  const victim = () => {
    const slot = ignored === UNKNOWN ? kept.oldest() : ignored;
    ignored = UNKNOWN; // the token in it is a new one now
    return slot;
  };
  return {
    kept,
    take: (entry) => void kept.put(entry, victim),
    watch: (marginals) => void (ignored = leastSlot(kept, (slot) => marginals[slot])),
    saved: savedTogether({
      kept,
      ignored: savedNumbers(
        'ignored',
        () => [ignored],
        ([stored]) => (ignored = stored),
      ),
    }),
  };
}
