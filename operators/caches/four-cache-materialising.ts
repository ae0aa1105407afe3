import { z } from 'zod';
import { defineCache, type CacheParts } from '../../src/core/cache.js';
import type { Rows } from '../../src/core/memory.js';
import { atoms, attention, matrix, type Plan, type ProductJob } from '../../src/core/plan.js';
import { entryRows, type EntryRows } from './keeping/entry-rows.js';
import { rowsFlops } from './keeping/flops.js';
import { sideCount } from './keeping/sides.js';
import { tensorDecodingPaper } from './keeping/tensor-decoding-paper.js';

/**
 * Keep K1, K2, V1, V2 and build K1 ⊘ K2 and V1 ⊘ V2, (n² × d) each, again at every query: the model that
 * Theorem 4.3 of TKV compares the two-cache with. Its 2·n²·d products are what that theorem counts.
 *
 * The products stay allocated between queries and grow, as a real implementation's buffer would; they are
 * charged as scratch. In matrix order k2 = v2 = 1, K1 ⊘ 1 is K1 itself, and nothing is built.
 */
export const fourCacheMaterialising = defineCache(
  {
    name: 'four-cache-materialising',
    summary: 'keep k1, k2, v1, v2; build all n² products at every query (the reference of Theorem 4.3)',
    paper: tensorDecodingPaper('Theorem 4.3'),
    options: z.object({}),
    exactness: 'exact',
    orders: ['tensor', 'matrix'],
    queryAware: false,
    appendOnly: true,
    selects: true,
    formulaText: '4·n·d·b, and 2·n²·d·b scratch (matrix order: 2·n·d·b, no scratch)',
    formula: ({ n, d, order, bytesPerNumber }) => {
      const products = order === 'tensor' ? 2 * n * n * d : 0;
      return {
        residentBytes: 2 * sideCount(order) * n * d * bytesPerNumber,
        metadataBytes: 0,
        scratchBytes: products * bytesPerNumber,
        flops: products + rowsFlops(order === 'tensor' ? n * n : n, d),
      };
    },
    covering: () => null,
  },
  (_options, parts) => {
    const entries = entryRows(parts);
    return {
      append: entries.append,
      plan: materialise(entries, parts),
      positions: entries.positions,
      census: entries.census,
      snapshot: entries.snapshot,
      restore: entries.restore,
    };
  },
);

function materialise({ k1, k2, v1, v2, attendAll }: EntryRows, { d, rows }: CacheParts): () => Plan {
  if (k2 === null || v2 === null) return () => ({ jobs: [attendAll()] });
  const [keys, values] = [rows(d, 'scratch'), rows(d, 'scratch')];
  return () => ({
    prepare: [product(k1, k2, keys), product(v1, v2, values)], // resizes both, so it comes before `jobs`
    jobs: [attention(atoms(keys, values), null)],
  });
}

function product(a: Rows, b: Rows, into: Rows): ProductJob {
  into.resize(a.count * b.count);
  return { kind: 'product', a: matrix(a), b: matrix(b), into: matrix(into) };
}
