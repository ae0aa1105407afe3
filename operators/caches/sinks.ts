import { z } from 'zod';
import { defineCache } from '../../src/core/cache.js';
import { keptRows } from './keeping/kept-rows.js';
import { selectingCache, type SelectingSide } from './keeping/selecting-cache.js';
import {
  allowances,
  refuseSmallBudgets,
  sideBudgets,
  sidesWithin,
  sizeWithin,
} from './keeping/side-budgets.js';

/** The first tokens take part of the budget, and one more is the newest token. */
const costOf = (sinks: number) => ({ metadata: 0, least: sinks + 1 });

/**
 * Keep the first `sinks` tokens and the last of the rest, side by side (StreamingLLM). Softmax must put its weight
 * somewhere; models learn to put it on the first tokens, and a window that drops them breaks. On both sides, so the
 * pairs (sink, sink), (sink, recent) and (recent, sink) are covered as well as (recent, recent).
 *
 * Unlike the paper, positions are not re-indexed after eviction: keys are taken as they come, with whatever position
 * their rotation holds. The sinks are part of `size`, so caches of one budget can be compared.
 */
export const sinks = defineCache(
  {
    name: 'sinks',
    summary: 'keep the first tokens of each side and the last of the rest',
    paper: {
      title: 'Efficient Streaming Language Models with Attention Sinks',
      section: '3.2, rolling KV cache with attention sinks',
      url: 'https://arxiv.org/abs/2309.17453',
    },
    options: z.object({
      ...sideBudgets,
      sinks: z
        .int()
        .min(0)
        .default(4)
        .describe('first tokens that never leave; part of the budget of each side'),
    }),
    exactness: 'heuristic',
    orders: ['tensor', 'matrix'],
    queryAware: false,
    appendOnly: false,
    selects: true,
    formulaText:
      '2·(kept1 + kept2)·d·b with kept = min(n, size) if size is in tokens (matrix order: 2·kept1·d·b)',
    formula: (input, options) => sizeWithin(input, options, costOf(options.sinks)),
    covering: (n) => ({ size: n + 4 }),
    within: sidesWithin(costOf(4)),
  },
  ({ sinks, ...budgets }, parts) => {
    refuseSmallBudgets('sinks', budgets, costOf(sinks), parts);
    const sides = allowances(budgets, costOf(sinks), parts).map((allowed): SelectingSide => {
      const kept = keptRows(parts, { allowed, positions: 'implied' });
      // Every budget is above `sinks`, so the first tokens got the first slots, and no one else ever does.
      return { kept, saved: kept, take: (entry) => void kept.put(entry, () => kept.oldest(sinks)) };
    });
    return selectingCache(parts, sides);
  },
);
