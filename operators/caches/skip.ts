import { z } from 'zod';
import { defineCache, type CacheParts, type Size, type SizeInput } from '../../src/core/cache.js';
import { atoms, matrix, SKIP_BLOCK, skipping, type Plan } from '../../src/core/plan.js';
import type { Answer } from '../../src/core/pool.js';
import { entryRows, type EntryRows } from './keeping/entry-rows.js';
import { gridFlops, rowsFlops } from './keeping/flops.js';
import { sideBounds, type SideBounds } from './choosing/side-bounds.js';
import { sideCount, sidesOf } from './keeping/sides.js';

const options = z.object({
  eta: z
    .number()
    .min(0)
    .max(1)
    .default(0.01)
    .describe('the most that may be skipped, as a share of the softmax that is kept; 0: nothing'),
});
type Options = z.output<typeof options>;

/**
 * Exact attention that leaves out what it can prove small (math.md 7.7). Keys lie in blocks of 64 consecutive tokens,
 * each with the box of its coordinates; the largest possible score U of a pair of boxes costs 5·d operations instead of
 * 4·64²·d. A few pairs of blocks are scored first, M their largest score, and whatever has U < M − ln(pairs/η) is skipped.
 *
 * What was skipped weighs at most h = Σ count·e^U / Z of what was kept, computed at every query and well below η; then
 * ‖o − ô‖₂ ≤ h/(1 + h)·(max‖v1 * v2‖₂ + ‖ô‖₂), for certain up to the rounding of float32 scores.
 *
 * It saves time where attention is peaked (a few heavy pairs, or R of about 4 and more with keys in clusters), never
 * memory: on flat scores it skips nothing, and the bounds cost time (`npm run bench -- skip` says how much). Blocks are by age, not by cluster.
 * A kernel may score more than it must (the wasm kernel scores all).
 */
export const skip = defineCache(
  {
    name: 'skip',
    summary: 'keep all, attend to the blocks of pairs that can matter, with a certificate for the rest',
    paper: null,
    options,
    exactness: 'certified',
    orders: ['tensor', 'matrix'],
    queryAware: false,
    appendOnly: true,
    selects: true,
    readsPart: true,
    formulaText: '4·n·d·b (matrix order: 2·n·d·b); boxes: 4·⌈n/64⌉·d·b of metadata (2·⌈n/64⌉·d·b)',
    formula: size,
    covering: () => ({ eta: 0 }),
  },
  ({ eta }, parts) => {
    const entries = entryRows(parts);
    if (eta === 0) {
      const plan = () => ({ jobs: [entries.attendAll()] });
      return { ...entries, plan, certify: () => 0 };
    }
    const sides = Array.from({ length: sideCount(parts.order) }, () => sideBounds(parts));
    return {
      append(entry) {
        entries.append(entry);
        sidesOf(entry, parts.order).forEach(({ k, v }, i) => sides[i].push(k, v));
      },
      plan: skippingPlan(entries, sides, eta, parts),
      certify: (answer) => certificate(answer, sides),
      census: entries.census,
      snapshot: entries.snapshot,
      restore(snapshot) {
        entries.restore(snapshot);
        const { k1, v1, k2, v2 } = entries;
        sides[0].rebuild(k1, v1);
        if (k2 !== null && v2 !== null) sides[1].rebuild(k2, v2);
      },
    };
  },
);

function skippingPlan(
  { k1, v1, k2, v2 }: EntryRows,
  [one, two]: readonly SideBounds[],
  eta: number,
  { rows }: Pick<CacheParts, 'rows'>,
): () => Plan {
  const [bounds, found] = [rows(1, 'scratch'), rows(1, 'scratch')];
  return () => {
    bounds.resize(one.count() * (k2 === null ? 1 : two.count()));
    found.resize(one.count());
    return skipping(atoms(k1, v1), k2 === null || v2 === null ? null : atoms(k2, v2), {
      tau: Math.log((k1.count * (k2?.count ?? 1)) / eta),
      ...{ blocks1: one.blocks(), blocks2: k2 === null ? null : two.blocks() },
      ...{ bounds: matrix(bounds), found: matrix(found) },
    });
  };
}

/** With o = (Z_k·ô + N_s)/(Z_k + Z_s), |N_s| ≤ Z_s·vmax and Z_s ≤ h·Z_k, ‖o − ô‖ is at most h/(1 + h)·(vmax + ‖ô‖). */
function certificate({ rest, output }: Answer, sides: readonly SideBounds[]): number {
  if (rest === 0) return 0;
  const [one, two = { norm: Math.sqrt(output.length), largest: 1 }] = sides.map((side) => side.values());
  const vmax = Math.min(one.norm * two.largest, one.largest * two.norm); // ‖v1 * v2‖₂ ≤ ‖v1‖₂·max|v2|
  return (rest / (1 + rest)) * (vmax + Math.hypot(...output));
}

/** Operations are the most that a query takes: every bound, the search for a large score, and all pairs. */
function size({ n, d, order, bytesPerNumber }: SizeInput, { eta }: Options): Size {
  const sides = sideCount(order);
  const blocks = eta === 0 ? 0 : Math.ceil(n / SKIP_BLOCK);
  const [columns, length] = [sides === 2 ? blocks : 1, Math.min(n, SKIP_BLOCK)];
  const bounds = blocks * (5 * columns + 2) * d;
  const seeds = blocks * (1 + columns / 64); // of all tiles, as in workers/kernels/skip.ts
  const found = seeds * length * (2 * (sides === 2 ? length : 1) + 1) * d;
  const ofRows = sides === 2 ? 3 * n * blocks * d : 0;
  return {
    residentBytes: 2 * sides * n * d * bytesPerNumber,
    metadataBytes: 2 * sides * blocks * d * bytesPerNumber,
    scratchBytes: (blocks * columns + blocks) * bytesPerNumber,
    flops: bounds + found + ofRows + (sides === 2 ? gridFlops(n, n, d) : rowsFlops(n, d)),
  };
}
