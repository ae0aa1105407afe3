import { z } from 'zod';
import { defineCache } from '../../src/core/cache.js';
import type { Floats } from '../../src/core/memory.js';
import { keptRows, type KeptRows } from './kept-rows.js';
import { beforeRecent, recent } from './recent.js';
import { selectingCache, type SelectingSide } from './selecting-cache.js';
import { allowances, refuseSmallBudgets, sideBudgets, sizeWithin } from './side-budgets.js';
import type { SideEntry } from './sides.js';
import { squaredNorm } from './squared-norm.js';

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
  const mean = new Float64Array(d); // times the number of keys, which changes no order
  for (const k of [...keys, next]) addDirections(mean, k, d);
  const mayLeave = beforeRecent(kept, recent);
  let [found, most, slot] = [-1, -Infinity, 0];
  for (const block of keys) {
    for (let at = 0; at < block.length; at += d, slot++) {
      if (!mayLeave(slot)) continue;
      const alike = cosine(block, at, mean);
      const older = alike === most && kept.position(slot) < kept.position(found);
      if (found === -1 || alike > most || older) [found, most] = [slot, alike];
    }
  }
  return found;
}

/** Add to `sum` each row of (rows × d) divided by its norm. */
function addDirections(sum: Float64Array, rows: Floats, d: number): void {
  for (let at = 0; at < rows.length; at += d) {
    const norm2 = squaredNorm(rows, at, d);
    if (norm2 === 0) continue;
    const scale = 1 / Math.sqrt(norm2);
    for (let t = 0; t < d; t++) sum[t] += scale * rows[at + t];
  }
}

/** <k, mean>/‖k‖: the cosine times ‖mean‖, the same for all keys; 0 for a key of 0. */
function cosine(rows: Floats, at: number, mean: Float64Array): number {
  const norm2 = squaredNorm(rows, at, mean.length);
  let dot = 0;
  for (let t = 0; t < mean.length; t++) dot += rows[at + t] * mean[t];
  return norm2 === 0 ? 0 : dot / Math.sqrt(norm2);
}
