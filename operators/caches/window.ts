import { z } from 'zod';
import { defineCache, type CacheParts, type SizeInput } from '../../src/core/cache.js';
import { atoms, attention, type Atoms } from '../../src/core/plan.js';
import { gridFlops, rowsFlops } from './flops.js';
import { savedNumbers, savedRows, savedTogether, type Saved } from './saved-state.js';
import { sidesOf, type SideEntry } from './sides.js';

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
    options: z.object({
      size: z.int().positive().default(128).describe('most recent tokens kept on side 1'),
      size2: z
        .int()
        .positive()
        .optional()
        .describe('most recent tokens kept on side 2; as `size` if not given'),
    }),
    exactness: 'heuristic',
    orders: ['tensor', 'matrix'],
    queryAware: false,
    appendOnly: false,
    selects: true,
    formulaText: '2·(min(n, size) + min(n, size2))·d·b (matrix order: 2·min(n, size)·d·b)',
    formula({ n, d, order, bytesPerNumber }: SizeInput, { size, size2 = size }) {
      const kept1 = Math.min(n, size);
      const kept2 = order === 'tensor' ? Math.min(n, size2) : 0;
      return {
        residentBytes: 2 * (kept1 + kept2) * d * bytesPerNumber,
        metadataBytes: 0,
        scratchBytes: 0,
        flops: order === 'tensor' ? gridFlops(kept1, kept2, d) : rowsFlops(kept1, d),
      };
    },
    covering: (n) => ({ size: n }),
  },
  ({ size, size2 = size }, parts) => {
    const side1 = ring(size, parts);
    const side2 = parts.order === 'tensor' ? ring(size2, parts) : null;
    const saved = savedTogether(side2 === null ? { side1 } : { side1, side2 });
    return {
      append(entry) {
        const [entry1, entry2] = sidesOf(entry, parts.order);
        side1.put(entry1);
        side2?.put(entry2);
      },
      plan: () => ({ jobs: [attention(side1.atoms(), side2?.atoms() ?? null)] }),
      positions: () => ({ side1: side1.positions(), side2: side2?.positions() ?? [] }),
      census: () => ({
        ...{ kept1: side1.kept(), evicted1: side1.evicted() },
        ...{ kept2: side2?.kept() ?? 0, evicted2: side2?.evicted() ?? 0 },
        ...{ clusters1: null, clusters2: null, samples: null },
      }),
      snapshot: saved.snapshot,
      restore: saved.restore,
    };
  },
);

interface Ring extends Saved {
  put(entry: SideEntry): void;
  atoms(): Atoms;
  positions(): readonly number[];
  kept(): number;
  evicted(): number;
}

function ring(size: number, { d, rows }: CacheParts): Ring {
  const [keys, values] = [rows(d), rows(d)];
  let seen = 0;
  return {
    put({ k, v }) {
      if (seen < size) {
        keys.append(k);
        values.append(v);
      } else {
        keys.write(seen % size, k); // the oldest
        values.write(seen % size, v);
      }
      seen++;
    },
    atoms: () => atoms(keys, values),
    positions: () => Array.from({ length: keys.count }, (_, i) => seen - keys.count + i),
    kept: () => keys.count,
    evicted: () => seen - keys.count,
    ...savedTogether({
      rows: savedRows({ keys, values }),
      ring: savedNumbers(
        'seen',
        () => [seen],
        ([stored]) => (seen = stored),
      ),
    }),
  };
}
