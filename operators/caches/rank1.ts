import { z } from 'zod';
import { defineCache, type CacheParts } from '../../src/core/cache.js';
import { atoms, attention, type Plan } from '../../src/core/plan.js';
import { entryRows, type EntryRows } from './keeping/entry-rows.js';
import { rowsFlops } from './keeping/flops.js';
import { sideCount } from './keeping/sides.js';

/**
 * Keep all, but score pairs by the sum s_ab = scale·(<q, k1_a> + <q, k2_b>) instead of <q, k1_a * k2_b>. Then the softmax
 * over all pairs is the product of two ordinary ones, a and b, and the answer (aᵀV1) * (bᵀV2) takes O(n·d): the `rank1`
 * variant of 2-simplicial attention kernels. It answers another question exactly, so as an approximation of tensor
 * attention it has no guarantee; what it loses is what pairs say beyond single tokens. Its ln Z is that of its own scores.
 *
 * In matrix order there is one side: it is ordinary attention, exactly.
 */
export const rank1 = defineCache(
  {
    name: 'rank1',
    summary: 'keep all, score pairs by <q, k1> + <q, k2>: two ordinary attentions, multiplied',
    paper: {
      title: 'Fast and Simplex: 2-Simplicial Attention in Triton',
      section: 'the separable baseline of its public kernels',
      url: 'https://arxiv.org/abs/2507.02754',
    },
    options: z.object({}),
    exactness: 'heuristic',
    orders: ['tensor', 'matrix'],
    queryAware: false,
    appendOnly: true,
    selects: false,
    formulaText: '4·n·d·b (matrix order: 2·n·d·b)',
    formula: ({ n, d, order, bytesPerNumber }) => ({
      residentBytes: 2 * sideCount(order) * n * d * bytesPerNumber,
      metadataBytes: 0,
      scratchBytes: 0,
      flops: sideCount(order) * rowsFlops(n, d),
    }),
    covering: () => null,
  },
  (_options, parts: CacheParts) => {
    const entries = entryRows(parts);
    return {
      append: entries.append,
      plan: () => separately(entries),
      census: entries.census,
      snapshot: entries.snapshot,
      restore: entries.restore,
    };
  },
);

/** Each side is attended to by itself. */
function separately({ k1, k2, v1, v2 }: EntryRows): Plan {
  const first = attention(atoms(k1, v1), null);
  if (k2 === null || v2 === null) return { jobs: [first] };
  return { jobs: [first, attention(atoms(k2, v2), null)], combine: 'product' };
}
