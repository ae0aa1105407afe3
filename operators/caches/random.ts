import { z } from 'zod';
import { defineCache } from '../../src/core/cache.js';
import { keptRows } from './keeping/kept-rows.js';
import { savedRandom } from './keeping/saved-state.js';
import { selectingCache, type SelectingSide } from './keeping/selecting-cache.js';
import {
  allowances,
  refuseSmallBudgets,
  sideBudgets,
  sidesWithin,
  sizeWithin,
} from './keeping/side-budgets.js';

const COST = { metadata: 0 };

/**
 * A token picked at random makes room for each new one: the line in a plot that a policy must beat. The newest token
 * is always kept; one that is j tokens old is still kept with probability (1 − 1/m)^j on a side of m tokens, as if
 * recency were all that counts. A uniform choice is `reservoir`: there all tokens of a side weigh the same, and
 * weights that are all the same change Ẑ but not the answer.
 */
export const random = defineCache(
  {
    name: 'random',
    summary: 'for each new token of a side a random one leaves: the baseline that a policy must beat',
    paper: {
      title: 'NVIDIA/kvpress',
      section: 'RandomPress, token by token',
      url: 'https://github.com/NVIDIA/kvpress',
    },
    options: z.object(sideBudgets),
    exactness: 'heuristic',
    orders: ['tensor', 'matrix'],
    queryAware: false,
    appendOnly: false,
    selects: true,
    formulaText:
      '2·(kept1 + kept2)·d·b with kept = min(n, size) if size is in tokens (matrix order: 2·kept1·d·b)',
    formula: (input, options) => sizeWithin(input, options, COST),
    covering: (n) => ({ size: n }),
    within: sidesWithin(COST),
  },
  (options, parts) => {
    refuseSmallBudgets('random', options, COST, parts);
    const sides = allowances(options, COST, parts).map((allowed): SelectingSide => {
      const kept = keptRows(parts, { allowed, positions: 'implied' });
      const victim = () => parts.random.below(kept.kept());
      return { kept, saved: kept, take: (entry) => void kept.put(entry, victim) };
    });
    return selectingCache(parts, sides, { stream: savedRandom(parts.random) });
  },
);
