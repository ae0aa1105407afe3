import type { Floats } from '../../src/core/memory.js';
import { SKIP_BLOCK, type ProductJob, type RowsJob } from '../../src/core/plan.js';
import { eachRun, gather } from './gather.js';
import { addRest, addScores, PARTIAL, PARTIAL_HEADER, raiseMax } from './partial.js';
import { boundsOf, floorOf } from './skip.js';

/** Rows that are scored before their weights are taken. */
export const CHUNK = 256;
const scores = new Float64Array(CHUNK);
const logs = new Float64Array(CHUNK);

/**
 * Attention over materialised rows [from, to): s = scale·<q, k> + weights, float64 sums. Every key and value
 * is read once from memory, which is what limits it. q is (d); `out` a cleared partial.
 */
export function rowsTile(
  memory: Floats,
  job: RowsJob,
  q: Float64Array,
  scale: number,
  from: number,
  to: number,
  out: Float64Array,
): void {
  const scaled = q.map((x) => x * scale);
  if (job.skip) return skippingRows(memory, job, scaled, from, to, out);
  for (let r = from; r < to; r += CHUNK) rowsChunk(memory, job, scaled, r, Math.min(to, r + CHUNK), out);
}

/** Without the blocks that cannot reach the score that was found, or the largest so far, less tau. */
function skippingRows(
  memory: Floats,
  job: RowsJob,
  q: Float64Array,
  from: number,
  to: number,
  out: Float64Array,
): void {
  const skip = job.skip!;
  const floor = floorOf(memory, skip);
  for (let r = from; r < to; r += SKIP_BLOCK) {
    const [end, [bound]] = [Math.min(to, r + SKIP_BLOCK), boundsOf(memory, skip, r / SKIP_BLOCK)];
    if (bound < Math.max(floor, out[PARTIAL.m] - skip.tau)) addRest(out, end - r, bound);
    else rowsChunk(memory, job, q, r, end, out);
  }
}

function rowsChunk(
  memory: Floats,
  { atoms, role, logScale }: RowsJob,
  q: Float64Array,
  from: number,
  to: number,
  out: Float64Array,
): void {
  const [d, count, valued] = [q.length, to - from, role !== 'denominator'];
  const bytes = memory.BYTES_PER_ELEMENT;
  eachRun(atoms.keys, bytes, from, to, (start, rows, row) => dotRows(memory, start, rows, q, row - from));
  measure(count, out);
  logs.fill(logScale);
  if (atoms.logWeights) {
    gather(memory, atoms.logWeights, from, to, logs);
    if (logScale !== 0) for (let i = 0; i < count; i++) logs[i] += logScale;
  }
  let max = -Infinity;
  for (let i = 0; i < count; i++) {
    scores[i] += logs[i];
    max = Math.max(max, scores[i]); // NaN stays
  }
  raiseMax(out, max);
  out[PARTIAL.flops] += (valued ? 4 : 2) * d * count;
  if (out[PARTIAL.m] === -Infinity) return; // every weight so far is 0
  let [l, squares] = [0, 0];
  for (let i = 0; i < count; i++) {
    l += scores[i] = Math.exp(scores[i] - out[PARTIAL.m]);
    squares += scores[i] * scores[i];
  }
  out[PARTIAL.l] += l;
  out[PARTIAL.squares] += squares;
  if (valued) {
    eachRun(atoms.values, bytes, from, to, (start, rows, row) =>
      addRows(memory, start, rows, d, row - from, out),
    );
  }
}

/** scores[at + r] = <q, row r>, four rows at a time so that the sums do not wait for one another. */
function dotRows(memory: Floats, start: number, rows: number, q: Float64Array, at: number): void {
  const d = q.length;
  let r = 0;
  for (; r + 4 <= rows; r += 4) {
    const k0 = start + r * d;
    const [k1, k2, k3] = [k0 + d, k0 + 2 * d, k0 + 3 * d];
    let [s0, s1, s2, s3] = [0, 0, 0, 0];
    for (let t = 0; t < d; t++) {
      const x = q[t];
      s0 += x * memory[k0 + t];
      s1 += x * memory[k1 + t];
      s2 += x * memory[k2 + t];
      s3 += x * memory[k3 + t];
    }
    scores[at + r] = s0;
    scores[at + r + 1] = s1;
    scores[at + r + 2] = s2;
    scores[at + r + 3] = s3;
  }
  for (; r < rows; r++) {
    let sum = 0;
    for (let t = 0; t < d; t++) sum += q[t] * memory[start + r * d + t];
    scores[at + r] = sum;
  }
}

function measure(count: number, out: Float64Array): void {
  let [sum, max, m2] = [0, -Infinity, 0];
  for (let i = 0; i < count; i++) {
    sum += scores[i];
    max = Math.max(max, scores[i]);
  }
  const mean = sum / count;
  for (let i = 0; i < count; i++) m2 += (scores[i] - mean) * (scores[i] - mean);
  addScores(out, count, mean, m2);
  out[PARTIAL.max] = Math.max(out[PARTIAL.max], max);
}

/** acc += Σ weight·v over consecutive rows, four at a time. */
function addRows(
  memory: Floats,
  start: number,
  rows: number,
  d: number,
  at: number,
  out: Float64Array,
): void {
  let r = 0;
  for (; r + 4 <= rows; r += 4) {
    const v0 = start + r * d;
    const [v1, v2, v3] = [v0 + d, v0 + 2 * d, v0 + 3 * d];
    const p0 = scores[at + r];
    const p1 = scores[at + r + 1];
    const p2 = scores[at + r + 2];
    const p3 = scores[at + r + 3];
    for (let j = 0; j < d; j++) {
      out[PARTIAL_HEADER + j] +=
        p0 * memory[v0 + j] + p1 * memory[v1 + j] + (p2 * memory[v2 + j] + p3 * memory[v3 + j]);
    }
  }
  for (; r < rows; r++) {
    for (let j = 0; j < d; j++) out[PARTIAL_HEADER + j] += scores[at + r] * memory[start + r * d + j];
  }
}

/** Write rows [from, to) of the pairwise products: row r = a_(r div nb) * b_(r mod nb). Sets only `flops`. */
export function productTile(
  memory: Floats,
  job: ProductJob,
  from: number,
  to: number,
  out: Float64Array,
): void {
  const { a, b, into } = job;
  const d = into.width;
  const bytes = memory.BYTES_PER_ELEMENT;
  for (let i = Math.floor(from / b.count); i * b.count < to; i++) {
    const [lo, hi] = [Math.max(from, i * b.count), Math.min(to, (i + 1) * b.count)];
    eachRun(a, bytes, i, i + 1, (rowA) =>
      eachRun(b, bytes, lo - i * b.count, hi - i * b.count, (startB, rowsB, rowB) =>
        eachRun(into, bytes, i * b.count + rowB, i * b.count + rowB + rowsB, (target, rows, row) =>
          multiplyRows(memory, rowA, startB + (row - i * b.count - rowB) * d, target, rows, d),
        ),
      ),
    );
  }
  out[PARTIAL.flops] += (to - from) * d;
}

/** into_r = a * b_r for consecutive rows; the arguments are indices of `memory`. */
function multiplyRows(memory: Floats, a: number, b: number, into: number, rows: number, d: number): void {
  for (let r = 0; r < rows; r++) {
    const [from, to] = [b + r * d, into + r * d];
    for (let t = 0; t < d; t++) memory[to + t] = memory[a + t] * memory[from + t];
  }
}
