// A cache of your own. Run it beside ours, and let the conformance tests look at it:
//   npx kronflow run -c four-cache -c window:size=64 -c ./dist/examples/custom-cache.js#strided:stride=8
import { z } from 'zod';
import { defineCache } from 'kronflow';
import { gridFlops, keptRows, rowsFlops, selectingCache, sideCount, type SideEntry } from 'kronflow/caches';

/**
 * Keep the last `recent` tokens of each side, and of the older ones every so many-th: positions 0, stride, 2·stride, ….
 */
export const strided = defineCache(
  {
    name: 'strided',
    summary: 'keep recent tokens, and of older ones every so many-th',
    paper: null,
    options: z.object({
      recent: z.int().min(1).default(32).describe('most recent tokens, all kept'),
      stride: z.int().min(1).default(8).describe('of older tokens one in so many is kept'),
    }),
    exactness: 'heuristic',
    orders: ['tensor', 'matrix'],
    queryAware: false,
    appendOnly: false,
    selects: true, // its answer is exact attention over the tokens it keeps
    formulaText: '4·kept·d·b, kept = min(n, recent) + ⌈(n − recent)/stride⌉ (matrix order: 2·kept·d·b)',
    formula({ n, d, order, bytesPerNumber }, options) {
      const kept = keptOf(n, options);
      const flops = order === 'tensor' ? gridFlops(kept, kept, d) : rowsFlops(kept, d);
      const residentBytes = 2 * sideCount(order) * kept * d * bytesPerNumber;
      return { residentBytes, metadataBytes: 0, scratchBytes: 0, flops };
    },
    covering: (n) => ({ recent: n }),
  },
  (options, parts) => {
    const sides = Array.from({ length: sideCount(parts.order) }, () => {
      const kept = keptRows(parts, { allowed: (n) => keptOf(n, options), positions: 'implied' });
      const noLongerRecent = () => kept.positions().indexOf(kept.seen() - options.recent);
      return { kept, saved: kept, take: (entry: SideEntry) => void kept.put(entry, noLongerRecent) };
    });
    return selectingCache(parts, sides);
  },
);

/** Tokens of a side that are kept of n. */
function keptOf(n: number, { recent, stride }: { recent: number; stride: number }): number {
  return Math.min(n, recent) + Math.ceil(Math.max(0, n - recent) / stride);
}
