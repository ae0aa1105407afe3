import { z } from 'zod';
import { defineCache } from '../../src/core/cache.js';
import type { Floats } from '../../src/core/memory.js';
import { keptRows, type KeptRows } from './keeping/kept-rows.js';
import { beforeRecent, recent } from './keeping/recent.js';
import { selectingCache, type SelectingSide } from './keeping/selecting-cache.js';
import {
  allowances,
  refuseSmallBudgets,
  sideBudgets,
  sidesWithin,
  sizeWithin,
} from './keeping/side-budgets.js';
import type { SideEntry } from './keeping/sides.js';
import { squaredNorm } from './keeping/squared-norm.js';

/** The position of each token. */
const costOf = (recent: number) => ({ metadata: 1, least: recent });

/**
 * Keep the tokens whose keys differ most from the others, side by side: when a token comes, the kept one whose key has
 * the largest cosine with the mean direction of all keys that compete (those kept and the new one) leaves, of equals
 * the older, the last `recent` excepted. No query is looked at. O(kept·d) per token once the budget is full.
 *
 * The paper's anchor, the mean of the keys divided by their norms, and its cosine; a key of 0 has no direction, and
 * cosine 0 with everything. Unlike the paper, which compresses a prompt block by block, a block is one token here,
 * which may not leave at once: it is among the `recent`. In tensor attention each side is measured by itself, though
 * what makes a token redundant there is that q * k2 sees no difference: the same cosine, weighted.
 */
export const keyDiff = defineCache(
  {
    name: 'key-diff',
    summary: 'keep the tokens of each side whose keys are least like the mean key',
    paper: {
      title:
        'KeyDiff: Key Similarity-Based KV Cache Eviction for Long-Context LLM Inference in Resource-Constrained Environments',
      section: 'cosine with the mean key; blocks of one token',
      url: 'https://arxiv.org/abs/2504.15364',
    },
    options: z.object({ ...sideBudgets, recent }),
    exactness: 'heuristic',
    orders: ['tensor', 'matrix'],
    queryAware: false,
    appendOnly: false,
    selects: true,
    formulaText: '(kept1 + kept2)·(2·d + 1)·b with kept = min(n, size) if size is in tokens',
    formula: (input, options) => sizeWithin(input, options, costOf(options.recent)),
    covering: (n) => ({ size: n }),
    within: sidesWithin(costOf(1)),
  },
  ({ recent, ...budgets }, parts) => {
    refuseSmallBudgets('key-diff', budgets, costOf(recent), parts);
    const sides = allowances(budgets, costOf(recent), parts).map((allowed): SelectingSide => {
      const kept = keptRows(parts, { allowed, positions: 'metadata' });
      const take = (entry: SideEntry) => void kept.put(entry, () => mostAlike(kept, entry.k, recent));
      return { kept, saved: kept, take };
    });
    return selectingCache(parts, sides);
  },
);

/** The slot before the last `recent` whose key is most like the mean direction; of equals the older. */
function mostAlike(kept: KeptRows, next: Floats, recent: number): number {
  const d = next.length;
  const keys = kept.keys.views();
  const norms = new Float64Array(kept.kept());
  const mean = new Float64Array(d); // times the number of keys, which changes no order
  addDirections(mean, next, new Float64Array(1), 0);
  let slots = 0;
  for (const block of keys) slots = addDirections(mean, block, norms, slots);
  const alike = new Float64Array(slots);
  slots = 0;
  for (const block of keys) slots = cosines(alike, block, mean, norms, slots);
  const mayLeave = beforeRecent(kept, recent);
  let found = -1;
  for (let slot = 0; slot < slots; slot++) {
    if (!mayLeave(slot)) continue;
    const older = alike[slot] === alike[found] && kept.position(slot) < kept.position(found);
    if (found === -1 || alike[slot] > alike[found] || older) found = slot;
  }
  return found;
}

/** Add to `sum` each row of (rows × d) divided by its norm, which goes to `norms` from `slot` on; returns where it ends. */
function addDirections(sum: Float64Array, rows: Floats, norms: Float64Array, slot: number): number {
  const d = sum.length;
  for (let at = 0; at < rows.length; at += d, slot++) {
    const norm = Math.sqrt(squaredNorm(rows, at, d));
    norms[slot] = norm;
    if (norm === 0) continue;
    for (let t = 0; t < d; t++) sum[t] += rows[at + t] / norm;
  }
  return slot;
}

/** <k, mean>/‖k‖ of each row: the cosine times ‖mean‖, which is the same for all; 0 for a key of 0. */
function cosines(
  into: Float64Array,
  rows: Floats,
  mean: Float64Array,
  norms: Float64Array,
  slot: number,
): number {
  const d = mean.length;
  for (let at = 0; at < rows.length; at += d, slot++) {
    let dot = 0;
    for (let t = 0; t < d; t++) dot += rows[at + t] * mean[t];
    into[slot] = norms[slot] === 0 ? 0 : dot / norms[slot];
  }
  return slot;
}
