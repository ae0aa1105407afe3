import type { Floats } from '../../src/core/memory.js';
import { SKIP_BLOCK, type Blocks, type BoundsJob, type Matrix, type Skip } from '../../src/core/plan.js';
import { eachRun, gather } from './gather.js';
import { PARTIAL } from './partial.js';

/**
 * Bound the scores of blocks [from, to) of side 1 with every block of side 2, and find a large score: of the block pairs
 * with the largest bounds, until no other can have a larger one. A bound is Σ_t of the largest corner of two boxes, scale·q_t·{lo, hi}·{lo, hi} (math.md
 * 7.7); NaN in a box makes the bound NaN, which skips nothing. q is (d). Leaves in `l` how many block pairs are left.
 */
export function boundsTile(
  memory: Floats,
  { keys1, keys2, skip }: BoundsJob,
  q: Float64Array,
  scale: number,
  from: number,
  to: number,
  out: Float64Array,
): void {
  const d = q.length;
  const scaled = q.map((x) => x * scale);
  const boxes1 = gatherBoxes(memory, skip.blocks1, from, to, scaled);
  const boxes2 =
    skip.blocks2 === null ? ONE : gatherBoxes(memory, skip.blocks2, 0, skip.blocks2.lo.count, null);
  const columns = skip.blocks2?.lo.count ?? 1;
  const seeds = new Seeds((to - from) * columns);
  for (let a = from; a < to; a++) {
    const bounds = new Float64Array(columns);
    for (let b = 0; b < columns; b++) {
      bounds[b] = corners(boxes1, (a - from) * d, boxes2, b * d, d);
      seeds.offer({ bound: bounds[b], row: a, column: b });
    }
    store(memory, skip.bounds, a * columns, bounds.map(upwards));
  }
  out[PARTIAL.flops] += (to - from) * (5 * columns + 2) * d;
  let largest = -Infinity;
  for (const { bound, row, column } of seeds.list) {
    if (bound <= largest) break; // nothing larger can be found
    largest = Math.max(largest, largestScore(memory, keys1, keys2, scaled, row, column, out));
  }
  const found = new Float64Array(to - from).fill(-Infinity);
  found[0] = -upwards(-largest);
  store(memory, skip.found, from, found);
  out[PARTIAL.l] = countLeft(memory, skip, from * columns, to * columns, largest - skip.tau);
}

/** Block pairs [from, to) whose bounds are not below `least`: about what is left to score. */
function countLeft(memory: Floats, { bounds }: Skip, from: number, to: number, least: number): number {
  const row = new Float64Array(to - from);
  gather(memory, bounds, from, to, row);
  return row.reduce((count, bound) => count + (bound < least ? 0 : 1), 0);
}

const MOST_SEEDS = 16;
const SEED_SHARE = 64; // block pairs per seed: looking for a large score takes at most 1/64 of scoring everything

interface Seed {
  readonly bound: number;
  readonly row: number;
  readonly column: number;
}

/** The block pairs with the largest bounds, best first; of equal ones the first that came. */
class Seeds {
  readonly list: Seed[] = [];
  readonly #room: number;
  constructor(pairs: number) {
    this.#room = Math.min(MOST_SEEDS, 1 + Math.floor(pairs / SEED_SHARE));
  }

  offer(seed: Seed): void {
    const full = this.list.length === this.#room;
    if (Number.isNaN(seed.bound) || (full && seed.bound <= this.list[this.#room - 1].bound)) return;
    if (full) this.list.pop();
    let at = this.list.length;
    while (at > 0 && seed.bound > this.list[at - 1].bound) at--;
    this.list.splice(at, 0, seed);
  }
}

/** What a bound must reach to be scored: the largest score found, less tau; −∞ where there is no such number. */
export function floorOf(memory: Floats, { found, tau }: Skip): number {
  const scores = new Float64Array(found.count);
  gather(memory, found, 0, found.count, scores);
  const largest = scores.reduce((max, score) => Math.max(max, score), -Infinity); // NaN stays
  return Number.isFinite(largest) ? largest - tau : -Infinity;
}

/** The bounds of one block of side 1 with every block of side 2. */
export function boundsOf(memory: Floats, { bounds, blocks2 }: Skip, block: number): Float64Array {
  const columns = blocks2?.lo.count ?? 1;
  const row = new Float64Array(columns);
  gather(memory, bounds, block * columns, (block + 1) * columns, row);
  return row;
}

/** Largest possible score of scaled keys `y`, rows [from, to) of (… × d), with a block of side 2. */
export function rowsBound(
  y: Float64Array,
  from: number,
  to: number,
  lo: Float64Array,
  hi: Float64Array,
): number {
  const d = lo.length;
  let largest = -Infinity;
  for (let r = from; r < to; r++) {
    let bound = 0;
    for (let t = 0; t < d; t++) bound += Math.max(y[r * d + t] * lo[t], y[r * d + t] * hi[t]);
    largest = Math.max(largest, bound);
  }
  return largest;
}

interface Boxes {
  readonly lo: Float64Array;
  readonly hi: Float64Array;
}

/** Side 2 where there is none: k2 = 1. Longer than any head. */
const ONE: Boxes = { lo: new Float64Array(256).fill(1), hi: new Float64Array(256).fill(1) };

/** Boxes [from, to), (… × d), times `factors` where given: then lo may be the larger one. */
export function gatherBoxes(
  memory: Floats,
  { lo, hi }: Blocks,
  from: number,
  to: number,
  factors: Float64Array | null,
): Boxes {
  const [low, high] = [lo, hi].map((matrix) => {
    const rows = new Float64Array((to - from) * matrix.width);
    gather(memory, matrix, from, to, rows);
    return factors === null ? rows : rows.map((x, i) => x * factors[i % matrix.width]);
  });
  return { lo: low, hi: high };
}

function corners(one: Boxes, i: number, two: Boxes, j: number, d: number): number {
  let sum = 0;
  for (let t = 0; t < d; t++) {
    const [low, high] = [one.lo[i + t], one.hi[i + t]];
    const [lo, hi] = [two.lo[j + t], two.hi[j + t]];
    sum += Math.max(low * lo, low * hi, high * lo, high * hi);
  }
  return sum;
}

/** The largest score of a pair of blocks. */
function largestScore(
  memory: Floats,
  keys1: Matrix,
  keys2: Matrix | null,
  scaled: Float64Array,
  row: number,
  column: number,
  out: Float64Array,
): number {
  const d = scaled.length;
  const y = gatherBlock(memory, keys1, row).map((x, i) => x * scaled[i % d]);
  const k2 = keys2 === null ? ONE.lo.subarray(0, d) : gatherBlock(memory, keys2, column);
  let largest = -Infinity;
  for (let a = 0; a < y.length; a += d) {
    for (let b = 0; b < k2.length; b += d) {
      let score = 0;
      for (let t = 0; t < d; t++) score += y[a + t] * k2[b + t];
      largest = Math.max(largest, score);
    }
  }
  out[PARTIAL.flops] += (y.length / d) * (2 * k2.length + d);
  return largest;
}

function gatherBlock(memory: Floats, keys: Matrix, block: number): Float64Array {
  const [from, to] = [block * SKIP_BLOCK, Math.min(keys.count, (block + 1) * SKIP_BLOCK)];
  const rows = new Float64Array((to - from) * keys.width);
  gather(memory, keys, from, to, rows);
  return rows;
}

/** Not less than x, whatever type it is stored in. */
function upwards(x: number): number {
  const near = Math.fround(x);
  return near >= x || Number.isNaN(x) ? near : Math.fround(near + Math.abs(near) * 2 ** -23 + 2 ** -149);
}

/** Write numbers into rows of one number, from row `from` on. */
function store(memory: Floats, into: Matrix, from: number, numbers: Float64Array): void {
  eachRun(into, memory.BYTES_PER_ELEMENT, from, from + numbers.length, (start, rows, row) => {
    for (let i = 0; i < rows; i++) memory[start + i] = numbers[row - from + i];
  });
}
