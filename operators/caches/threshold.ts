import { z } from 'zod';
import { defineCache, type Size, type SizeInput } from '../../src/core/cache.js';
import type { Floats, Rows } from '../../src/core/memory.js';
import { gridFlops, rowsFlops } from './keeping/flops.js';
import { keptRows, type KeptRows } from './keeping/kept-rows.js';
import { selectingCache, type SelectingSide } from './keeping/selecting-cache.js';
import { squaredNorm } from './keeping/squared-norm.js';

const options = z.object({
  by: z
    .enum(['distance', 'norm'])
    .default('distance')
    .describe('keep a token if its key is at least this far from all kept keys, or at most this long'),
  threshold: z.number().min(0).default(1).describe('distance or norm, in the unit of the keys'),
});

/**
 * Decide once, when a token comes, whether a side keeps it for ever or skips it for ever:
 *   distance  keep if ‖k − k'‖ ≥ threshold for every k' that the side keeps;
 *   norm      keep if ‖k‖ ≤ threshold (small keys draw the attention, as in key-norm).
 * The first token of a side is always kept: attention over nothing is not defined. A skipped token is never seen, not
 * even by its own query. By distance, kept keys are a packing: inside a ball of radius r no more than
 * (1 + 2·r/threshold)^d of them, however long the stream, and every key is within `threshold` of a kept one.
 *
 * Append-only, so a kept row never moves or changes: what caches in pages or on disk want. The paper also decides
 * once per token, but with a learned score, and drops the token only after a window has passed; rules that need no
 * training stand in for it here. There is no budget: what a threshold keeps depends on the keys.
 */
export const threshold = defineCache(
  {
    name: 'threshold',
    summary: 'keep or skip each token of a side once and for all, by the distance or norm of its key',
    paper: {
      title: 'Inference-Time Hyper-Scaling with KV Cache Compression',
      section: 'Dynamic Memory Sparsification, with fixed rules for the learned one',
      url: 'https://arxiv.org/abs/2506.05345',
    },
    options,
    exactness: 'heuristic',
    orders: ['tensor', 'matrix'],
    queryAware: false,
    appendOnly: true,
    selects: true,
    formulaText: '2·(kept1 + kept2)·d·b; at most 4·n·d·b (matrix order: 2·n·d·b)',
    formula: size,
    covering: () => ({ threshold: 0 }),
  },
  ({ by, threshold }, parts) => {
    const keeps = by === 'norm' ? smallEnough : farEnough;
    const side = (): SelectingSide => {
      const kept = keptRows(parts, { allowed: () => Infinity, positions: 'implied' });
      return {
        kept,
        saved: kept,
        take(entry) {
          if (kept.kept() === 0 || keeps(entry.k, threshold, kept)) kept.put(entry, () => 0);
          else kept.skip();
        },
      };
    };
    return selectingCache(parts, parts.order === 'tensor' ? [side(), side()] : [side()]);
  },
);

function smallEnough(k: Floats, threshold: number): boolean {
  return squaredNorm(k) <= threshold * threshold;
}

function farEnough(k: Floats, threshold: number, { keys }: KeptRows): boolean {
  return !anyCloser(threshold * threshold, keys, k);
}

/** Whether |k − row|² < limit for some row. Most rows are far, which is known before all of d is looked at. */
function anyCloser(limit: number, rows: Rows, k: Floats): boolean {
  const d = k.length;
  for (const block of rows.views()) {
    for (let at = 0; at < block.length; at += d) {
      let sum = 0;
      for (let t = 0; t < d && sum < limit; t++) sum += (block[at + t] - k[t]) * (block[at + t] - k[t]);
      if (sum < limit) return true;
    }
  }
  return false;
}

/** What the census says is kept; without one, every token. */
function size({ n, d, order, bytesPerNumber, census }: SizeInput): Size {
  const kept1 = census?.kept1 ?? n;
  const kept2 = order === 'matrix' ? 0 : (census?.kept2 ?? n);
  return {
    residentBytes: 2 * (kept1 + kept2) * d * bytesPerNumber,
    metadataBytes: 0,
    scratchBytes: 0,
    flops: order === 'tensor' ? gridFlops(kept1, kept2, d) : rowsFlops(kept1, d),
  };
}
