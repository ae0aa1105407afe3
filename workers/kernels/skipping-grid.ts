import type { Floats } from '../../src/core/memory.js';
import { SKIP_BLOCK, type GridJob, type Skip } from '../../src/core/plan.js';
import { endPanel, gridBlock, PANEL, scaledKeys, startPanel } from './grid.js';
import { addRest, PARTIAL } from './partial.js';
import { boundsOf, floorOf, gatherBoxes, rowsBound } from './skip.js';

const GROUP = PANEL / 2; // rows that are skipped together where their block is not
const WORTH = 0.3; // of a block's bound: bounds of rows were hardly ever lower

/** Pairs of rows [from, to), whole blocks of side 1, as `gridTile`, but for those that cannot matter. */
export function skippingGridTile(
  memory: Floats,
  job: GridJob,
  skip: Skip,
  q: Float64Array,
  scale: number,
  from: number,
  to: number,
  out: Float64Array,
): void {
  const floor = floorOf(memory, skip);
  for (let a = from; a < to; a += PANEL) {
    skippingPanel(memory, job, skip, q, scale, a, Math.min(to, a + PANEL), floor, out);
  }
}

/**
 * A panel without the blocks of side 2 that cannot reach `floor`, or the largest score so far less tau: the block with the
 * largest bound first, so that this score is large early. The order depends on the keys alone.
 */
function skippingPanel(
  memory: Floats,
  job: GridJob,
  skip: Skip,
  q: Float64Array,
  scale: number,
  a0: number,
  a1: number,
  floor: number,
  out: Float64Array,
): void {
  const [d, n2, bounds] = [q.length, job.side2.keys.count, boundsOf(memory, skip, a0 / PANEL)];
  let started = false;
  const visit = (block: number) => {
    const [b0, b1] = [block * SKIP_BLOCK, Math.min(n2, (block + 1) * SKIP_BLOCK)];
    const least = Math.max(floor, out[PARTIAL.m] - skip.tau);
    if (bounds[block] < least) return addRest(out, (a1 - a0) * (b1 - b0), bounds[block]);
    if (!started) startPanel(memory, job, q, scale, a0, a1);
    started = true;
    let [from, to] = [a0, a1];
    if (WORTH * bounds[block] < least)
      [from, to] = rowsLeft(memory, skip, block, a0, a1, b1 - b0, least, out);
    if (from < to) gridBlock(memory, job, from, to, a0, b0, b1, d, out);
  };
  const first = bounds.indexOf(bounds.reduce((max, bound) => (bound > max ? bound : max), -Infinity));
  if (first >= 0) visit(first);
  for (let block = 0; block < bounds.length; block++) if (block !== first) visit(block);
  if (started) endPanel(memory, job, a0, a1, d, out);
}

/** Which rows of a panel, [from, to), may reach `least` with a block of side 2, by bounds of their own. */
function rowsLeft(
  memory: Floats,
  skip: Skip,
  block: number,
  a0: number,
  a1: number,
  columns: number,
  least: number,
  out: Float64Array,
): [number, number] {
  const { lo, hi } = gatherBoxes(memory, skip.blocks2!, block, block + 1, null);
  const middle = Math.min(a1, a0 + GROUP);
  const skipped = [
    [a0, middle],
    [middle, a1],
  ].map(([from, to]) => {
    const bound = rowsBound(scaledKeys(), from - a0, to - a0, lo, hi);
    if (bound < least) addRest(out, (to - from) * columns, bound);
    return bound < least;
  });
  out[PARTIAL.flops] += 3 * lo.length * (a1 - a0);
  return [skipped[0] ? middle : a0, skipped[1] ? middle : a1];
}
