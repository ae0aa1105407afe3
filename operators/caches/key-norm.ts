import { z } from 'zod';
import { defineCache, type CacheParts } from '../../src/core/cache.js';
import { column } from './keeping/column.js';
import { keptRows } from './keeping/kept-rows.js';
import { beforeRecent, recent } from './keeping/recent.js';
import { savedTogether } from './keeping/saved-state.js';
import { selectingCache, type SelectingSide } from './keeping/selecting-cache.js';
import {
  allowances,
  refuseSmallBudgets,
  sideBudgets,
  sidesWithin,
  sizeWithin,
} from './keeping/side-budgets.js';
import { squaredNorm } from './keeping/squared-norm.js';

/** The norm and the position of each token. */
const costOf = (recent: number) => ({ metadata: 2, least: recent });

/**
 * Keep the tokens with the smallest ‖k‖, side by side: when a token comes, the kept one with the largest norm leaves
 * (of equal norms the older), the last `recent` excepted. No query is looked at.
 *
 * The paper observes in trained decoders that keys of small norm draw much attention. That is a fact about models, not
 * about softmax: by itself a small key only has scores near 0. In tensor attention the score is trilinear,
 * <q, k1 * k2>, and nothing known says that the norm of one factor tells as much: a baseline there, not a claim.
 * The paper may drop a token at once; here it stays while it is among the `recent`, so a query sees its own token.
 */
export const keyNorm = defineCache(
  {
    name: 'key-norm',
    summary: 'keep the tokens of each side with the smallest keys',
    paper: {
      title: 'A Simple and Effective L2 Norm-Based Strategy for KV Cache Compression',
      section: 'keep low ‖k‖; token by token',
      url: 'https://arxiv.org/abs/2406.11430',
    },
    options: z.object({ ...sideBudgets, recent }),
    exactness: 'heuristic',
    orders: ['tensor', 'matrix'],
    queryAware: false,
    appendOnly: false,
    selects: true,
    formulaText: '(kept1 + kept2)·(2·d + 2)·b with kept = min(n, size) if size is in tokens',
    formula: (input, options) => sizeWithin(input, options, costOf(options.recent)),
    covering: (n) => ({ size: n }),
    within: sidesWithin(costOf(1)),
  },
  ({ recent, ...budgets }, parts) => {
    refuseSmallBudgets('key-norm', budgets, costOf(recent), parts);
    const sides = allowances(budgets, costOf(recent), parts).map((allowed) =>
      normSide(allowed, recent, parts),
    );
    return selectingCache(parts, sides);
  },
);

function normSide(allowed: (n: number) => number, recent: number, parts: CacheParts): SelectingSide {
  const kept = keptRows(parts, { allowed, positions: 'metadata' });
  const smallness = column(parts); // −‖k‖: the least one leaves
  const victim = () => smallness.least(kept.order, beforeRecent(kept, recent));
  return {
    kept,
    saved: savedTogether({ kept, smallness }),
    take(entry) {
      smallness.set(kept.put(entry, victim), -Math.sqrt(squaredNorm(entry.k)));
    },
  };
}
