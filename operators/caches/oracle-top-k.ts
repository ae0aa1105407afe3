import { z } from 'zod';
import { defineCache, type CacheParts, type SizeInput } from '../../src/core/cache.js';
import type { Floats, Rows } from '../../src/core/memory.js';
import { atoms, attention, type Plan } from '../../src/core/plan.js';
import { entryRows, type EntryRows } from './keeping/entry-rows.js';
import { massFlops, rowsFlops } from './keeping/flops.js';
import { largest } from './choosing/largest.js';
import { scorePairs } from './choosing/score-pairs.js';
import {
  allowances,
  readBudgets,
  refuseSmallBudgets,
  sidesWithin,
  type SideBudgets,
} from './keeping/side-budgets.js';
import { sideCount } from './keeping/sides.js';

const NAME = 'oracle-top-k';
const COST = { metadata: 0 };

/**
 * Attend to the k pairs with the largest true weights, k = M1·M2: as many as a cache sees that keeps M1 and M2 tokens.
 * No choice of as many pairs keeps more of the softmax, so its lost mass is a lower bound for every cache that selects
 * (not for the error: leaving out two values that cancel can beat it). Of equal weights the older a, then b, is taken.
 *
 * A line in a plot, not a cache: it keeps every entry, and scores all pairs at each query on the main thread
 * (2·n²·d operations, counted in `flops`, and 8·n² bytes that the ledger does not see). In matrix order pairs are tokens.
 */
export const oracleTopK = defineCache(
  {
    name: NAME,
    summary:
      'keep all, attend to the pairs with the largest true weights: the least mass any selection loses',
    paper: null,
    options: z.object(readBudgets),
    exactness: 'heuristic',
    orders: ['tensor', 'matrix'],
    queryAware: true,
    appendOnly: true,
    selects: true,
    readsPart: true,
    formulaText: '4·n·d·b (matrix order: 2·n·d·b), and 2·k·d·b scratch, k = kept1·kept2 of the budget',
    formula(input: SizeInput, options) {
      const { n, d, order, bytesPerNumber } = input;
      const k = pairsWithin(options, input)(n);
      return {
        residentBytes: 2 * sideCount(order) * n * d * bytesPerNumber,
        metadataBytes: 0,
        scratchBytes: 2 * k * d * bytesPerNumber,
        flops: rowsFlops(k, d) + searchFlops(n, k, input),
      };
    },
    covering: (n) => ({ size: n }),
    within: sidesWithin(COST),
  },
  (options, parts) => {
    refuseSmallBudgets(NAME, options, COST, parts);
    const entries = entryRows(parts);
    return {
      append: entries.append,
      plan: selection(entries, pairsWithin(options, parts), parts),
      census: entries.census,
      snapshot: entries.snapshot,
      restore: entries.restore,
    };
  },
);

/** Pairs that tokens within the budgets make after n tokens. */
function pairsWithin(
  options: SideBudgets,
  shape: Pick<SizeInput, 'd' | 'order' | 'bytesPerNumber'>,
): (n: number) => number {
  const sides = allowances(options, COST, shape);
  return (n) => sides.reduce((pairs, allowed) => pairs * Math.min(n, allowed(n)), 1);
}

function selection(
  { k1, k2, v1, v2 }: EntryRows,
  pairs: (n: number) => number,
  { d, order, scale, rows }: CacheParts,
): (q: Floats) => Plan {
  const [keys, values] = [rows(d, 'scratch'), rows(d, 'scratch')];
  return (q) => {
    const chosen = largest(scorePairs(q, scale, k1, k2), pairs(k1.count));
    copyProducts(chosen, k1, k2, keys);
    copyProducts(chosen, v1, v2, values);
    const flops = searchFlops(k1.count, chosen.length, { d, order });
    return { jobs: [attention(atoms(keys, values), null)], flops };
  };
}

/** Operations of scoring every pair and multiplying out the k chosen ones. */
function searchFlops(n: number, k: number, { d, order }: Pick<CacheParts, 'd' | 'order'>): number {
  return order === 'tensor' ? massFlops(n, n, d) + 2 * k * d : massFlops(n, null, d);
}

/** Write a_i * b_j of every chosen pair i·b.count + j; without `b` the rows of `a` themselves. */
function copyProducts(chosen: Int32Array, a: Rows, b: Rows | null, into: Rows): void {
  into.resize(chosen.length);
  const { width } = into;
  const [left, right] = [wholeOf(a), b && wholeOf(b)];
  const columns = b?.count ?? 1;
  let row = 0;
  for (const products of into.views())
    for (let at = 0; at < products.length; at += width, row++) {
      const x = Math.floor(chosen[row] / columns) * width;
      const y = (chosen[row] % columns) * width;
      if (right === null) for (let t = 0; t < width; t++) products[at + t] = left[x + t];
      else for (let t = 0; t < width; t++) products[at + t] = left[x + t] * right[y + t];
    }
}

/** All rows in one piece: a view of every row of every pair took most of the time of the whole choice. */
function wholeOf(rows: Rows): Floats {
  const views = rows.views();
  return views.length === 1 ? views[0] : rows.snapshot();
}
