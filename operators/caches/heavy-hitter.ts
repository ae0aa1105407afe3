import { z } from 'zod';
import { defineCache, type CacheParts } from '../../src/core/cache.js';
import { column } from './keeping/column.js';
import { keptRows } from './keeping/kept-rows.js';
import { beforeRecent } from './keeping/recent.js';
import { savedTogether } from './keeping/saved-state.js';
import { allowances, refuseSmallBudgets, sideBudgets, sidesWithin } from './keeping/side-budgets.js';
import { sizeWatched, watchedCost, watchingCache, type WatchingSide } from './keeping/watching-cache.js';

const NAME = 'heavy-hitter';
const COST = watchedCost(2); // position and sum

/**
 * Heavy-hitter oracle (H2O): each side keeps its most recent tokens and, of the older ones, those that received the most
 * attention so far, Σ over queries of the marginal Σ_b p_ab. Of equal sums the older token leaves.
 *
 * Differences from the paper: in tensor attention each side has sums and a budget of its own; the split between recent
 * and heavy is a share of the budget (the paper's default is half and half). As there, sums are over what is kept when
 * the query comes, start at 0 with a token, and favour old tokens, which had more queries to collect from. Sums are
 * stored like keys: in float32 a sum stops growing by shares below 6e-8 of it.
 */
export const heavyHitter = defineCache(
  {
    name: NAME,
    summary: 'per side, keep recent tokens and those that received the most attention so far',
    paper: {
      title: 'H2O: Heavy-Hitter Oracle for Efficient Generative Inference of Large Language Models',
      section: 'the eviction algorithm, Algorithm 1',
      url: 'https://arxiv.org/abs/2306.14048',
    },
    options: z.object({
      ...sideBudgets,
      recentShare: z
        .number()
        .min(0)
        .max(1)
        .default(0.5)
        .describe('share of each budget that is kept for the most recent tokens; the newest always stays'),
    }),
    exactness: 'heuristic',
    orders: ['tensor', 'matrix'],
    queryAware: true,
    appendOnly: false,
    selects: true,
    formulaText:
      '(2·d + 2)·(kept1 + kept2)·b, and (kept1 + kept2)·b scratch; kept = min(n, size) if size is in tokens',
    formula: (input, options) => sizeWatched(input, options, COST),
    covering: (n) => ({ size: n }),
    within: sidesWithin(COST),
  },
  ({ recentShare, ...budgets }, parts) => {
    refuseSmallBudgets(NAME, budgets, COST, parts);
    return watchingCache(
      parts,
      allowances(budgets, COST, parts).map((allowed) => heavySide(allowed, recentShare, parts)),
    );
  },
);

function heavySide(allowed: (n: number) => number, recentShare: number, parts: CacheParts): WatchingSide {
  const kept = keptRows(parts, { allowed, positions: 'metadata' });
  const sums = column(parts);
  const lightest = () => {
    const tokens = Math.max(1, Math.round(recentShare * allowed(kept.seen() + 1)));
    return sums.least(kept.order, beforeRecent(kept, tokens));
  };
  return {
    kept,
    saved: savedTogether({ kept, sums }),
    take: (entry) => sums.set(kept.put(entry, lightest), 0),
    watch: sums.add,
  };
}
