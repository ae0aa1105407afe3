import { z } from 'zod';
import { defineCache } from '../../src/core/cache.js';
import type { Rows } from '../../src/core/memory.js';
import { atoms, attention } from '../../src/core/plan.js';
import { entryRows } from './keeping/entry-rows.js';
import { rowsFlops } from './keeping/flops.js';
import { savedRows, savedTogether, type Saved } from './keeping/saved-state.js';
import { shellRow } from './keeping/shell-order.js';
import { sideCount } from './keeping/sides.js';
import { tensorDecodingPaper } from './keeping/tensor-decoding-paper.js';

/**
 * Keep K1 ⊘ K2 and V1 ⊘ V2, (n² × d) each, and add the 2n-1 new rows of each token in shell order.
 *
 * The new rows need all old k1, k2, v1, v2, so the four caches are kept as well (math.md 1.5): 4·n·d numbers
 * that the paper does not count. In matrix order K1 ⊘ 1 is K1: the two caches are K1 and V1 themselves.
 */
export const twoCache = defineCache(
  {
    name: 'two-cache',
    summary: 'keep the products of all n² pairs, and the four caches they grow from',
    paper: tensorDecodingPaper('Definition 3.8'),
    options: z.object({}),
    exactness: 'exact',
    orders: ['tensor', 'matrix'],
    queryAware: false,
    appendOnly: true,
    selects: true,
    formulaText: '(2·n²·d + 4·n·d)·b; the paper counts only 2·n²·d (matrix order: 2·n·d·b)',
    formula: ({ n, d, order, bytesPerNumber }) => {
      const products = order === 'tensor' ? 2 * n * n * d : 0;
      return {
        residentBytes: (products + 2 * sideCount(order) * n * d) * bytesPerNumber,
        metadataBytes: 0,
        scratchBytes: 0,
        flops: rowsFlops(order === 'tensor' ? n * n : n, d),
      };
    },
    covering: () => null,
  },
  (_options, parts) => {
    const entries = entryRows(parts);
    const { k1, k2, v1, v2 } = entries;
    const keys = k2 && productRows(k1, k2, parts.rows(parts.d));
    const values = v2 && productRows(v1, v2, parts.rows(parts.d));
    const saved: Saved = keys && values ? savedTogether({ entries, keys, values }) : entries;
    return {
      append(entry) {
        entries.append(entry);
        keys?.grow();
        values?.grow();
      },
      plan: () => ({
        jobs: [keys && values ? attention(atoms(keys.rows, values.rows), null) : entries.attendAll()],
      }),
      positions: entries.positions,
      census: entries.census,
      snapshot: saved.snapshot,
      restore: saved.restore,
    };
  },
);

interface ProductRows extends Saved {
  readonly rows: Rows;
  /** Add the pairs with the newest row of either side: 2n-1 rows at length n. */
  grow(): void;
}

function productRows(left: Rows, right: Rows, rows: Rows): ProductRows {
  const multiply = (a: number, b: number) => {
    const [x, y, product] = [left.read(a), right.read(b), rows.read(shellRow(a, b))];
    for (let t = 0; t < product.length; t++) product[t] = x[t] * y[t];
  };
  return {
    rows,
    grow() {
      const n = left.count;
      rows.resize(n * n); // one charge a token, and nothing is written if it is refused
      for (let b = 0; b < n; b++) multiply(n - 1, b);
      for (let a = 0; a < n - 1; a++) multiply(a, n - 1);
    },
    ...savedRows({ products: rows }),
  };
}
