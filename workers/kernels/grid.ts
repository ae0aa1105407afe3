import type { Floats } from '../../src/core/memory.js';
import { SKIP_BLOCK, type GridJob } from '../../src/core/plan.js';
import { gather, gatherTransposed } from './gather.js';
import { multiply } from './multiply.js';
import { addScores, PARTIAL, PARTIAL_HEADER, raiseMax } from './partial.js';

/** Rows of side 1 that are worked on together; a tile is a multiple of it, and so is a block of a job that skips. */
export const PANEL = SKIP_BLOCK;
const BLOCK = SKIP_BLOCK; // columns of side 2 at a time: k2 or v2 of a block, (64 × 64), stay in the first-level cache

const up4 = (n: number) => (n + 3) & ~3;

/** Buffers for one head size, (…) in numbers; reused from call to call. */
class Scratch {
  readonly y: Float64Array; // (PANEL × d) scale·q * k1
  readonly k2t: Float64Array; // (d × BLOCK)
  readonly v2: Float64Array; // (BLOCK × d), and what padding reads beyond its last row
  readonly v1: Float64Array; // (PANEL × d)
  readonly s = new Float64Array(PANEL * BLOCK); // scores, then weights
  readonly w: Float64Array; // (PANEL × up4(d)) Σ_b weights·v2
  readonly log1 = new Float64Array(PANEL);
  readonly log2 = new Float64Array(BLOCK);
  constructor(readonly d: number) {
    this.y = new Float64Array(PANEL * d);
    this.k2t = new Float64Array(d * BLOCK);
    this.v2 = new Float64Array(BLOCK * d + 3);
    this.v1 = new Float64Array(PANEL * d);
    this.w = new Float64Array(PANEL * up4(d));
  }
}
let scratch = new Scratch(1);

/** The scaled keys of the panel at hand, (PANEL × d). */
export const scaledKeys = (): Float64Array => scratch.y;

/**
 * Attention over the pairs of side-1 atoms [from, to) and all atoms of side 2, the products never built:
 * out.acc = Σ e^(s-m) v1_a * v2_b with s = scale·<q, k1_a * k2_b> + weights (math.md 1.2).
 *
 * The reference kernel: float64 throughout, whatever the storage. q is (d); `out` a cleared partial.
 */
export function gridTile(
  memory: Floats,
  job: GridJob,
  q: Float64Array,
  scale: number,
  from: number,
  to: number,
  out: Float64Array,
): void {
  for (let a = from; a < to; a += PANEL) gridPanel(memory, job, q, scale, a, Math.min(to, a + PANEL), out);
}

function gridPanel(
  memory: Floats,
  job: GridJob,
  q: Float64Array,
  scale: number,
  a0: number,
  a1: number,
  out: Float64Array,
): void {
  const n2 = job.side2.keys.count;
  startPanel(memory, job, q, scale, a0, a1);
  for (let b = 0; b < n2; b += BLOCK)
    gridBlock(memory, job, a0, a1, a0, b, Math.min(n2, b + BLOCK), q.length, out);
  endPanel(memory, job, a0, a1, q.length, out);
}

/** Scale the keys of rows [a0, a1), at most PANEL, and start their sums. */
export function startPanel(
  memory: Floats,
  job: GridJob,
  q: Float64Array,
  scale: number,
  a0: number,
  a1: number,
): void {
  if (scratch.d !== q.length) scratch = new Scratch(q.length);
  scaleKeys(memory, job, q, scale, a0, a1);
  scratch.w.fill(0);
}

/** Rows [from, to) of the panel that starts at row `a0`, with keys [b0, b1) of side 2. */
export function gridBlock(
  memory: Floats,
  job: GridJob,
  from: number,
  to: number,
  a0: number,
  b0: number,
  b1: number,
  d: number,
  out: Float64Array,
): void {
  const { y, k2t, v2, s, w } = scratch;
  const [rows, cols, valued] = [to - from, b1 - b0, job.role !== 'denominator'];
  gatherTransposed(memory, job.side2.keys, b0, b1, k2t, BLOCK);
  multiply(y.subarray((from - a0) * d), d, k2t, BLOCK, s, BLOCK, up4(rows), up4(cols), d, false);
  const plain = measure(s, rows, cols, out);
  const max = addLogWeights(memory, job, from, to, b0, b1) ? largest(s, rows, cols) : plain;
  const factor = raiseMax(out, max);
  if (factor !== 1 && valued) for (let i = 0; i < w.length; i++) w[i] *= factor;
  exponentiate(s, rows, cols, out);
  out[PARTIAL.flops] += (valued ? 4 : 2) * d * rows * cols;
  if (!valued) return;
  gather(memory, job.side2.values, b0, b1, v2);
  const target = w.subarray((from - a0) * up4(d));
  multiply(s, BLOCK, v2, d, target, up4(d), up4(rows), up4(d), cols, true);
}

/** Multiply the sums of a panel with its values. */
export function endPanel(
  memory: Floats,
  job: GridJob,
  a0: number,
  a1: number,
  d: number,
  out: Float64Array,
): void {
  const valued = job.role !== 'denominator';
  if (valued) reduceRows(memory, job, a0, a1, d, out);
  out[PARTIAL.flops] += (valued ? 3 : 1) * d * (a1 - a0);
}

function scaleKeys(
  memory: Floats,
  job: GridJob,
  q: Float64Array,
  scale: number,
  a0: number,
  a1: number,
): void {
  const { y } = scratch;
  const d = q.length;
  gather(memory, job.side1.keys, a0, a1, y);
  for (let r = 0; r < a1 - a0; r++) for (let t = 0; t < d; t++) y[r * d + t] *= scale * q[t];
  y.fill(0, (a1 - a0) * d); // rows that pad the last group of four
}

/** Note mean, deviations and maximum of the plain scores (R is reported at every step); returns the maximum. */
function measure(s: Float64Array, rows: number, cols: number, out: Float64Array): number {
  let [sum, max, m2] = [0, -Infinity, 0];
  for (let r = 0; r < rows; r++) {
    for (let i = r * BLOCK; i < r * BLOCK + cols; i++) {
      sum += s[i];
      max = Math.max(max, s[i]); // NaN, unlike with a comparison, stays
    }
  }
  const mean = sum / (rows * cols);
  for (let r = 0; r < rows; r++) {
    for (let i = r * BLOCK; i < r * BLOCK + cols; i++) m2 += (s[i] - mean) * (s[i] - mean);
  }
  addScores(out, rows * cols, mean, m2);
  out[PARTIAL.max] = Math.max(out[PARTIAL.max], max);
  return max;
}

/** Returns whether there was anything to add. */
function addLogWeights(
  memory: Floats,
  job: GridJob,
  a0: number,
  a1: number,
  b0: number,
  b1: number,
): boolean {
  const { side1, side2, logScale } = job;
  if (side1.logWeights === null && side2.logWeights === null && logScale === 0) return false;
  const { s, log1, log2 } = scratch;
  if (side1.logWeights) gather(memory, side1.logWeights, a0, a1, log1);
  else log1.fill(0);
  if (side2.logWeights) gather(memory, side2.logWeights, b0, b1, log2);
  else log2.fill(0);
  for (let r = 0; r < a1 - a0; r++) {
    const row = log1[r] + logScale;
    for (let c = 0; c < b1 - b0; c++) s[r * BLOCK + c] += row + log2[c];
  }
  return true;
}

function largest(s: Float64Array, rows: number, cols: number): number {
  let max = -Infinity;
  for (let r = 0; r < rows; r++) {
    for (let i = r * BLOCK; i < r * BLOCK + cols; i++) max = Math.max(max, s[i]);
  }
  return max;
}

/** Turn scores into weights e^(s-m) and add them to l, their squares to `squares`; rows that pad the last group of four get weight 0. */
function exponentiate(s: Float64Array, rows: number, cols: number, out: Float64Array): void {
  const m = out[PARTIAL.m];
  let [l, squares] = [0, 0];
  if (m === -Infinity) return void s.fill(0); // every weight so far is 0
  for (let r = 0; r < rows; r++) {
    for (let i = r * BLOCK; i < r * BLOCK + cols; i++) {
      l += s[i] = Math.exp(s[i] - m);
      squares += s[i] * s[i];
    }
  }
  s.fill(0, rows * BLOCK);
  out[PARTIAL.l] += l;
  out[PARTIAL.squares] += squares;
}

function reduceRows(
  memory: Floats,
  job: GridJob,
  a0: number,
  a1: number,
  d: number,
  out: Float64Array,
): void {
  const { v1, w } = scratch;
  const stride = up4(d);
  gather(memory, job.side1.values, a0, a1, v1);
  for (let r = 0; r < a1 - a0; r++) {
    for (let j = 0; j < d; j++) out[PARTIAL_HEADER + j] += v1[r * d + j] * w[r * stride + j];
  }
}
