// Attention over materialised rows (two-cache; ordinary attention): every key and value is read once from memory,
// which is what limits it.
import * as job from './job';
import { MASKED, ROW_BLOCK, d, logWeight, s, scaled, spare, u } from './job';
import { largest, weigh } from './tiles';
import { addTo, addWeights, m, raise } from './sums';
import { runAt, runRows } from './words';

/** Do rows [from, to). */
export function rowsTile(from: i32, to: i32): void {
  for (let row = from; row < to;) {
    const keys = runAt(job.keys1, row);
    const together = runRows;
    const values = runAt(job.values1, row);
    const rows = min<i32>(min<i32>(together, runRows), min<i32>(to - row, ROW_BLOCK));
    block(keys, values, row, rows);
    row += rows;
  }
}

function block(keys: usize, values: usize, first: i32, rows: i32): void {
  for (let r = 0; r < rows; r++) {
    store<f32>(s + ((<usize>r) << 2), dot(keys));
    keys += (<usize>d) << 2;
  }
  if (job.weighted) addLogs(first, rows);
  const padded = (rows + 15) & ~15;
  for (let r = rows; r < padded; r++) store<f32>(s + ((<usize>r) << 2), MASKED);
  const end = s + ((<usize>padded) << 2);
  raise(largest(s, end, spare));
  addWeights(weigh(s, end, m, spare));
  if (job.valued) addRows(values, rows);
}

/** <scaled q, key>. */
function dot(key: usize): f32 {
  const end = scaled + (((<usize>d) << 2) & ~31);
  let q = scaled;
  let sum0 = f32x4.splat(0);
  let sum1 = f32x4.splat(0);
  for (; q < end; q += 32) {
    sum0 = f32x4.add(sum0, f32x4.mul(v128.load(q), v128.load(key)));
    sum1 = f32x4.add(sum1, f32x4.mul(v128.load(q, 16), v128.load(key, 16)));
    key += 32;
  }
  sum0 = f32x4.add(sum0, sum1);
  let sum =
    f32x4.extract_lane(sum0, 0) +
    f32x4.extract_lane(sum0, 1) +
    (f32x4.extract_lane(sum0, 2) + f32x4.extract_lane(sum0, 3));
  for (let t = d & ~7; t < d; t++) {
    sum += load<f32>(q) * load<f32>(key);
    q += 4;
    key += 4;
  }
  return sum;
}

/** s += log2 w + logScale. */
function addLogs(first: i32, rows: i32): void {
  const weighted = job.weights1 != 0;
  for (let r = 0; r < rows;) {
    const logs = weighted ? runAt(job.weights1, first + r) : 0;
    const run = weighted ? min<i32>(runRows, rows - r) : rows;
    for (let i = 0; i < run; i++) {
      const place = s + ((<usize>(r + i)) << 2);
      store<f32>(place, load<f32>(place) + logWeight(weighted ? logs + ((<usize>i) << 2) : 0));
    }
    r += run;
  }
}

/** acc += Σ_r weight·value, in float32 over a block, four rows at a time. */
function addRows(values: usize, rows: i32): void {
  const stride = (<usize>d) << 2;
  memory.fill(u, 0, stride + 16);
  let r = 0;
  for (; r + 4 <= rows; r += 4) {
    addFour(values, stride, s + ((<usize>r) << 2));
    values += 4 * stride;
  }
  for (; r < rows; r++) {
    const p = v128.load32_splat(s + ((<usize>r) << 2));
    for (let j: usize = 0; j < stride; j += 16) {
      v128.store(u + j, f32x4.add(v128.load(u + j), f32x4.mul(p, v128.load(values + j))));
    }
    values += stride;
  }
  for (let j = 0; j < d; j += 4) addTo(j, u + ((<usize>j) << 2));
}

function addFour(v: usize, stride: usize, p: usize): void {
  const p0 = v128.load32_splat(p);
  const p1 = v128.load32_splat(p, 4);
  const p2 = v128.load32_splat(p, 8);
  const p3 = v128.load32_splat(p, 12);
  const v1 = v + stride;
  const v2 = v1 + stride;
  const v3 = v2 + stride;
  for (let j: usize = 0; j < stride; j += 16) {
    const sum01 = f32x4.add(f32x4.mul(p0, v128.load(v + j)), f32x4.mul(p1, v128.load(v1 + j)));
    const sum23 = f32x4.add(f32x4.mul(p2, v128.load(v2 + j)), f32x4.mul(p3, v128.load(v3 + j)));
    v128.store(u + j, f32x4.add(v128.load(u + j), f32x4.add(sum01, sum23)));
  }
}
