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

const COST = { metadata: 0 };

/**
 * Keep the last tokens, side by side, as in sliding-window attention. The pairs it covers are those of recent
 * with recent: with a share a of the attention on recent tokens of each side, a² (math.md 4.7).
 *
 * Rows are overwritten in place, so their order in memory is not that of the tokens; attention has none.
 */
export const window = defineCache(
  {
    name: 'window',
    summary: 'keep the last tokens of each side, forget the rest',
    paper: {
      title: 'Longformer: The Long-Document Transformer',
      section: '3.1, sliding window',
      url: 'https://arxiv.org/abs/2004.05150',
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
    refuseSmallBudgets('window', options, COST, parts);
    const sides = allowances(options, COST, parts).map((allowed): SelectingSide => {
      const kept = keptRows(parts, { allowed, positions: 'implied' });
      return { kept, saved: kept, take: (entry) => void kept.put(entry, kept.oldest) };
    });
    return selectingCache(parts, sides);
  },
);
