import { z } from 'zod';
import { defineCache, type CacheParts, type Size, type SizeInput } from '../../src/core/cache.js';
import type { Floats } from '../../src/core/memory.js';
import { atoms, attention, type Plan } from '../../src/core/plan.js';
import { entryRows, type EntryRows } from './keeping/entry-rows.js';
import { rowsFlops } from './keeping/flops.js';
import { largest } from './choosing/largest.js';
import { boundFlops, boxBounds, pageBoxes, type PageBoxes } from './choosing/page-boxes.js';
import { allowances, readBudgets, refuseSmallBudgets, type SideBudgets } from './keeping/side-budgets.js';
import { sideCount } from './keeping/sides.js';
import { sliceAtoms, type Range } from './choosing/slices.js';

const NAME = 'pages';
const options = z.object({
  ...readBudgets,
  page: z.int().positive().default(16).describe('consecutive tokens that are read or left out together'),
});
type Options = z.output<typeof options>;

const costOf = ({ page }: { readonly page: number }) => ({ metadata: 0, least: page });

/**
 * Keep everything, read little (Quest): each page of keys has a box, the least and largest of every coordinate, from
 * which a bound on the scores in a page follows without reading it; a query attends to the pages with the largest bounds.
 * Saves what is read, not what is kept: the budget says how much a query may read, as many pairs as a cache sees that
 * keeps so much a side, and memory grows with every token.
 *
 * In tensor attention what is chosen is pairs of pages: the bound is over the corners of two boxes, and a page may be
 * read with some pages of the other side and not with others. Of equal bounds the older pages are taken. Scoring
 * pairs of pages takes 5·(n/page)²·d operations on the main thread for each query, counted in `flops`: one part in
 * page² of what exact attention takes. Unlike the paper, no layer is exempt. A bound says what could be there, not what
 * is: wide boxes (keys that differ within a page) choose badly.
 */
export const pages = defineCache(
  {
    name: NAME,
    summary: 'keep all; read only the pairs of pages whose boxes allow the largest scores',
    paper: {
      title: 'Quest: Query-Aware Sparsity for Efficient Long-Context LLM Inference',
      section: 'page bounds from the least and largest of each channel; here for pairs of pages',
      url: 'https://arxiv.org/abs/2406.10774',
    },
    options,
    exactness: 'heuristic',
    orders: ['tensor', 'matrix'],
    queryAware: true,
    appendOnly: true,
    selects: true,
    readsPart: true,
    formulaText:
      '4·d·(n + ceil(n/page))·b: keys, values, and two corners a page on each side (matrix order: half of it)',
    formula: size,
    covering: (n) => ({ size: n, page: Math.min(n, 16) }),
  },
  (given, parts) => {
    refuseSmallBudgets(NAME, given, costOf(given), parts);
    const entries = entryRows(parts);
    const { k1, k2 } = entries;
    const boxes = [k1, ...(k2 === null ? [] : [k2])].map((keys) => pageBoxes(keys, given.page, parts));
    return {
      append(entry) {
        entries.append(entry);
        for (const side of boxes) side.grow();
      },
      plan: reading(entries, boxes, given, parts),
      census: entries.census,
      snapshot: entries.snapshot,
      restore(snapshot) {
        entries.restore(snapshot);
        for (const side of boxes) side.rebuild();
      },
    };
  },
);

/** How many pairs of pages (in matrix order pages) fit in what a query may read after n tokens; all, if that is all. */
function pagePairs(
  given: SideBudgets & { readonly page: number },
  shape: Pick<SizeInput, 'd' | 'order' | 'bytesPerNumber'>,
): (n: number) => number {
  const sides = allowances(given, costOf(given), shape);
  return (n) => {
    if (sides.every((allowed) => allowed(n) >= n)) return Math.ceil(n / given.page) ** sides.length;
    const pairs = sides.reduce((product, allowed) => product * Math.min(n, allowed(n)), 1);
    return Math.floor(pairs / given.page ** sides.length);
  };
}

function reading(
  { k1, k2, v1, v2 }: EntryRows,
  boxes: readonly PageBoxes[],
  given: Options,
  parts: CacheParts,
): (q: Floats) => Plan {
  const [one, two = null] = boxes;
  const most = pagePairs(given, parts);
  const rangeOf = (index: number): Range => ({
    from: index * given.page,
    to: Math.min(k1.count, (index + 1) * given.page),
  });
  return (q) => {
    const bounds = boxBounds(
      Float64Array.from(q, (x) => x * parts.scale),
      one,
      two,
    );
    const chosen = largest(bounds, most(k1.count));
    const [side1, side2] = [atoms(k1, v1), k2 === null || v2 === null ? null : atoms(k2, v2)];
    const slice = (side: typeof side1, list: readonly number[]) =>
      sliceAtoms(side, list.map(rangeOf), parts.bytesPerNumber);
    const jobs =
      side2 === null
        ? [attention(slice(side1, [...chosen]), null)]
        : [...grouped(chosen, two!.pages())].map(([a, list]) =>
            attention(slice(side1, [a]), slice(side2, list)),
          );
    return { jobs, flops: boundFlops(one.pages(), two && two.pages(), parts.d) };
  };
}

/** For each chosen page of side 1 its pages of side 2, from pairs page1·pages2 + page2 in ascending order. */
function grouped(chosen: Int32Array, pages2: number): ReadonlyMap<number, readonly number[]> {
  const groups = new Map<number, number[]>();
  for (const pair of chosen) {
    const [a, b] = [Math.floor(pair / pages2), pair % pages2];
    const group = groups.get(a);
    if (group) group.push(b);
    else groups.set(a, [b]);
  }
  return groups;
}

/** Operations are the most a query takes: which pages it reads, and how full they are, is its own. */
function size(input: SizeInput, given: Options): Size {
  const { n, d, order, bytesPerNumber } = input;
  const sides = sideCount(order);
  const [count, pairs] = [Math.ceil(n / given.page), pagePairs(given, input)(n)];
  const rows = Math.min(n, pairs * given.page); // of side 1
  const read = Math.min(n * (order === 'tensor' ? n : 1), pairs * given.page ** sides);
  const scanned = boundFlops(count, order === 'tensor' ? count : null, d);
  return {
    residentBytes: 2 * sides * n * d * bytesPerNumber,
    metadataBytes: 2 * sides * count * d * bytesPerNumber,
    scratchBytes: 0,
    flops: scanned + rowsFlops(read, d) + (order === 'tensor' ? 3 * d * rows : 0),
  };
}
