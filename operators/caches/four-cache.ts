import { z } from 'zod';
import { defineCache } from '../../src/core/cache.js';
import { entryRows } from './keeping/entry-rows.js';
import { gridFlops, rowsFlops } from './keeping/flops.js';
import { sideCount } from './keeping/sides.js';
import { tensorDecodingPaper } from './keeping/tensor-decoding-paper.js';

/**
 * Keep K1, K2, V1, V2, (n × d) each, and attend over all pairs without building their products: the fused
 * form of math.md 1.2. In matrix order it is the ordinary KV cache.
 *
 * TKV has no fused form; against this one the saving of its Theorem 4.3 is zero (math.md 1.4).
 */
export const fourCache = defineCache(
  {
    name: 'four-cache',
    summary: 'keep k1, k2, v1, v2 of every token; attend over all pairs, products never built',
    paper: tensorDecodingPaper('Definition 3.7'),
    options: z.object({}),
    exactness: 'exact',
    orders: ['tensor', 'matrix'],
    queryAware: false,
    appendOnly: true,
    selects: true,
    formulaText: '4·n·d·b (matrix order: 2·n·d·b)',
    formula: ({ n, d, order, bytesPerNumber }) => ({
      residentBytes: 2 * sideCount(order) * n * d * bytesPerNumber,
      metadataBytes: 0,
      scratchBytes: 0,
      flops: order === 'tensor' ? gridFlops(n, n, d) : rowsFlops(n, d),
    }),
    covering: () => null,
  },
  (_options, parts) => {
    const entries = entryRows(parts);
    return {
      append: entries.append,
      plan: () => ({ jobs: [entries.attendAll()] }),
      positions: entries.positions,
      census: entries.census,
      snapshot: entries.snapshot,
      restore: entries.restore,
    };
  },
);
