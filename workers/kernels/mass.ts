import type { Floats } from '../../src/core/memory.js';
import type { Atoms, MassJob } from '../../src/core/plan.js';
import { eachRun, gather, gatherTransposed } from './gather.js';
import { multiply } from './multiply.js';
import { PARTIAL } from './partial.js';

const PANEL = 64;
const BLOCK = 64;
const up4 = (n: number) => (n + 3) & ~3;

const s = new Float64Array(PANEL * BLOCK);
const [max, sum] = [new Float64Array(PANEL), new Float64Array(PANEL)];
const [log1, log2] = [new Float64Array(PANEL), new Float64Array(BLOCK)];
let y = new Float64Array(0); // (PANEL × d) scale·q * k1
let k2t = new Float64Array(0); // (d × BLOCK)

/**
 * Write ln Σ_b e^{s_ab} of side-1 rows [from, to), scores with their weights, float64 sums. Every row has its own running
 * maximum, so rows do not depend on how they were cut. q is (d). Counts operations, but scores no pair of an answer.
 */
export function massTile(
  memory: Floats,
  job: MassJob,
  q: Float64Array,
  scale: number,
  from: number,
  to: number,
  out: Float64Array,
): void {
  const d = q.length;
  if (y.length !== PANEL * d) [y, k2t] = [new Float64Array(PANEL * d), new Float64Array(d * BLOCK)];
  for (let a = from; a < to; a += PANEL) massPanel(memory, job, q, scale, a, Math.min(to, a + PANEL));
  const columns = job.side2?.keys.count ?? 1;
  out[PARTIAL.flops] += (2 * columns + (job.side2 === null ? 0 : 1)) * d * (to - from);
}

function massPanel(
  memory: Floats,
  job: MassJob,
  q: Float64Array,
  scale: number,
  a0: number,
  a1: number,
): void {
  const [d, rows] = [q.length, a1 - a0];
  gather(memory, job.side1.keys, a0, a1, y);
  for (let r = 0; r < rows; r++) for (let t = 0; t < d; t++) y[r * d + t] *= scale * q[t];
  y.fill(0, rows * d); // rows that pad the last group of four
  weightsOf(memory, job.side1, a0, a1, log1);
  if (job.side2 === null) addUp(rows, d);
  else eachBlock(memory, job.side2, rows, d);
  eachRun(job.into, memory.BYTES_PER_ELEMENT, a0, a1, (start, run, row) => {
    for (let i = 0; i < run; i++) memory[start + i] = max[row - a0 + i] + log1[row - a0 + i] + job.logScale;
  });
}

/** Without a second side the score is the sum of the scaled key's coordinates; left in `max`. */
function addUp(rows: number, d: number): void {
  for (let r = 0; r < rows; r++) {
    let total = 0;
    for (let t = 0; t < d; t++) total += y[r * d + t];
    max[r] = total;
  }
}

/** ln Σ_b e^{s_ab} of each row, left in `max`. */
function eachBlock(memory: Floats, side2: Atoms, rows: number, d: number): void {
  max.fill(-Infinity);
  sum.fill(0);
  for (let b0 = 0; b0 < side2.keys.count; b0 += BLOCK) {
    const b1 = Math.min(side2.keys.count, b0 + BLOCK);
    gatherTransposed(memory, side2.keys, b0, b1, k2t, BLOCK);
    weightsOf(memory, side2, b0, b1, log2);
    multiply(y, d, k2t, BLOCK, s, BLOCK, up4(rows), up4(b1 - b0), d, false);
    for (let r = 0; r < rows; r++) addBlock(r, b1 - b0);
  }
  for (let r = 0; r < rows; r++) max[r] += Math.log(sum[r]);
}

/** Merge the scores of one row and block into the row's running maximum and sum. */
function addBlock(r: number, columns: number): void {
  let m = max[r];
  for (let c = 0; c < columns; c++) m = Math.max(m, (s[r * BLOCK + c] += log2[c])); // NaN stays
  if (m === -Infinity) return; // every weight so far is 0
  let l = sum[r] === 0 ? 0 : sum[r] * Math.exp(max[r] - m);
  for (let c = 0; c < columns; c++) l += Math.exp(s[r * BLOCK + c] - m);
  max[r] = m;
  sum[r] = l;
}

function weightsOf(
  memory: Floats,
  { logWeights }: Atoms,
  from: number,
  to: number,
  into: Float64Array,
): void {
  if (logWeights === null) into.fill(0);
  else gather(memory, logWeights, from, to, into);
}
