import { z } from 'zod';
import { defineCache, type CacheParts } from '../../src/core/cache.js';
import { keptRows, type KeptRows } from './keeping/kept-rows.js';
import { beforeRecent } from './keeping/recent.js';
import { savedNumbers, savedRows, savedTogether } from './keeping/saved-state.js';
import { allowances, refuseSmallBudgets, sideBudgets, sidesWithin } from './keeping/side-budgets.js';
import {
  leastSlot,
  sizeWatched,
  watchedCost,
  watchingCache,
  type WatchingSide,
} from './keeping/watching-cache.js';

const NAME = 'observation-window';
const WINDOW = 16;
/** A position, and what each query of the window gave the token; beside the window one token is chosen at least. */
const costOf = ({ window }: { readonly window: number }) => watchedCost(1 + window, window + 1);

/**
 * Each side keeps its last `window` tokens and, of the older ones, those to which the last `window` queries attended
 * most: the mean of their marginals Σ_b p_ab, max-pooled over neighbours so that what stands together stays together.
 * Of equal scores the older leaves. Like SnapKV, it has seen the queries that it is judged by.
 *
 * Differences from SnapKV, which compresses a prompt once, when it ends, and then keeps every new token: this is its
 * streaming form. One token leaves whenever one comes, so the budget holds at every step; a token that left is no
 * candidate again; votes are shares among the tokens kept then; neighbours are kept older tokens at most
 * (pool − 1)/2 positions away, because those between may be gone. Sides and heads choose apart.
 *
 * The votes are metadata, `window` numbers an atom. O(kept·window) per token once the budget is full.
 */
export const observationWindow = defineCache(
  {
    name: NAME,
    summary: 'per side, keep a recent window and the older tokens that its queries attend to most',
    paper: {
      title: 'SnapKV: LLM Knows What You are Looking for Before Generation',
      section: 'votes of an observation window, pooled; here as a stream',
      url: 'https://arxiv.org/abs/2404.14469',
    },
    options: z.object({
      ...sideBudgets,
      window: z
        .int()
        .positive()
        .default(WINDOW)
        .describe('last tokens kept, whose queries choose the others'),
      pool: z
        .int()
        .positive()
        .refine((pool) => pool % 2 === 1, 'expected an odd number')
        .default(5)
        .describe('positions over which a score spreads to its neighbours, odd; 1: no pooling'),
    }),
    exactness: 'heuristic',
    orders: ['tensor', 'matrix'],
    queryAware: true,
    appendOnly: false,
    selects: true,
    formulaText:
      '(2·d + 1 + window)·(kept1 + kept2)·b, and (kept1 + kept2)·b scratch; kept = min(n, size) if size is in tokens',
    formula: (input, options) => sizeWatched(input, options, costOf(options)),
    covering: (n) => ({ size: n + 1, window: 1 }),
    within: sidesWithin(costOf({ window: WINDOW })),
  },
  (options, parts) => {
    refuseSmallBudgets(NAME, options, costOf(options), parts);
    return watchingCache(
      parts,
      allowances(options, costOf(options), parts).map((allowed) => votingSide(allowed, options, parts)),
    );
  },
);

function votingSide(
  allowed: (n: number) => number,
  { window, pool }: { readonly window: number; readonly pool: number },
  parts: CacheParts,
): WatchingSide {
  const kept = keptRows(parts, { allowed, positions: 'metadata' });
  const votes = parts.rows(window, 'metadata'); // (kept × window), a ring by query
  const none = new Float64Array(window);
  let queries = 0;
  const victim = () => {
    const isOld = beforeRecent(kept, window);
    const scores = pooled(kept, isOld, (slot) => total(votes.read(slot)), (pool - 1) / 2);
    return leastSlot(kept, (slot) => scores[slot], isOld);
  };
  return {
    kept,
    take(entry) {
      const slot = kept.put(entry, victim);
      if (slot === votes.count) votes.append(none);
      else votes.write(slot, none);
    },
    watch(marginals) {
      marginals.forEach((a, slot) => (votes.read(slot)[queries % window] = a));
      queries++;
    },
    saved: savedTogether({
      kept,
      votes: savedRows({ votes }),
      queries: savedNumbers(
        'queries',
        () => [queries],
        ([stored]) => (queries = stored),
      ),
    }),
  };
}

/** By slot: the largest score among the old tokens at most `reach` positions away, the token itself among them. */
function pooled(
  kept: KeptRows,
  isOld: (slot: number) => boolean,
  score: (slot: number) => number,
  reach: number,
): Float64Array {
  const positions = kept.positions();
  const old = positions.map((_, slot) => slot).filter(isOld);
  old.sort((a, b) => positions[a] - positions[b]);
  const [scores, best] = [old.map(score), new Float64Array(positions.length)];
  old.forEach((slot, i) => {
    let most = scores[i];
    for (let j = i - 1; j >= 0 && positions[slot] - positions[old[j]] <= reach; j--) {
      most = Math.max(most, scores[j]);
    }
    for (let j = i + 1; j < old.length && positions[old[j]] - positions[slot] <= reach; j++) {
      most = Math.max(most, scores[j]);
    }
    best[slot] = most;
  });
  return best;
}

function total(numbers: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < numbers.length; i++) sum += numbers[i];
  return sum;
}
