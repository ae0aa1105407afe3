// Attention over all pairs of rows of side 1 and keys of side 2, the products never built (math.md 1.2). Scores are
// computed transposed: lanes of a vector are rows of side 1, whose scaled keys are transposed once per GROUP, and
// keys of side 2 are broadcast from where they lie, so every matrix stays as it is stored.
import * as job from './job';
import { LOG2E, MASKED, d, logWeight, s, scaled, spare, u, y } from './job';
import { BLOCK, GROUP, KEYS, LANES, ROWS, U_STRIDE, Y_STRIDE } from './tiles';
import { largest, narrowTile, restTile, scoreTile, valueTile, weigh } from './tiles';
import { runAt, runRows } from './words';
import { addTo, addWeights, m, raise } from './sums';

function up(n: i32, step: i32): i32 {
  return ((n + step - 1) / step) * step;
}

/** Do rows [from, to) of side 1. */
export function gridTile(from: i32, to: i32): void {
  for (let a = from; a < to; a += GROUP) grid(a, min<i32>(GROUP, to - a));
}

function grid(a: i32, rows: i32): void {
  const width = up(rows, 2 * LANES); // rows that take part, those that pad included
  loadKeys(a, rows, width);
  if (job.weighted) loadWeights(a, rows, width);
  if (job.valued) memory.fill(u, 0, <usize>up(rows, 2 * ROWS) * U_STRIDE);
  let b = 0;
  while (b < job.count2) {
    const keys = runAt(job.keys2, b);
    const together = runRows;
    const values = runAt(job.values2, b);
    const run = min<i32>(min<i32>(together, runRows), BLOCK);
    block(keys, values, b, run, rows, width);
    b += run;
  }
  if (job.valued) reduce(a, rows);
}

/** y[t][a] = scaled[t]·k1_a[t]; 0 in the columns that pad. */
function loadKeys(first: i32, rows: i32, width: i32): void {
  for (let a = 0; a < rows;) {
    const keys = runAt(job.keys1, first + a);
    const run = min<i32>(runRows, rows - a);
    transpose(keys, run, a);
    a += run;
  }
  if (rows == width) return;
  for (let t = 0; t < d; t++) {
    for (let a = rows; a < width; a++) store<f32>(y + <usize>t * Y_STRIDE + ((<usize>a) << 2), 0);
  }
}

/** Four rows by four coordinates at a time, the rest one by one. */
function transpose(keys: usize, rows: i32, column: i32): void {
  const stride = (<usize>d) << 2;
  let a = 0;
  for (; a + 4 <= rows; a += 4) {
    const into = y + ((<usize>(column + a)) << 2);
    const end = keys + (stride & ~15);
    let to = into;
    let q = scaled;
    for (let k = keys; k < end; k += 16) {
      const x = v128.load(q);
      const k0 = f32x4.mul(v128.load(k), x);
      const k1 = f32x4.mul(v128.load(k + stride), x);
      const k2 = f32x4.mul(v128.load(k + 2 * stride), x);
      const k3 = f32x4.mul(v128.load(k + 3 * stride), x);
      const x0 = v128.shuffle<f32>(k0, k1, 0, 4, 1, 5);
      const x1 = v128.shuffle<f32>(k2, k3, 0, 4, 1, 5);
      const x2 = v128.shuffle<f32>(k0, k1, 2, 6, 3, 7);
      const x3 = v128.shuffle<f32>(k2, k3, 2, 6, 3, 7);
      v128.store(to, v128.shuffle<f32>(x0, x1, 0, 1, 4, 5));
      v128.store(to, v128.shuffle<f32>(x0, x1, 2, 3, 6, 7), Y_STRIDE);
      v128.store(to, v128.shuffle<f32>(x2, x3, 0, 1, 4, 5), 2 * Y_STRIDE);
      v128.store(to, v128.shuffle<f32>(x2, x3, 2, 3, 6, 7), 3 * Y_STRIDE);
      q += 16;
      to += 4 * Y_STRIDE;
    }
    for (let i: usize = 0; i < 4; i++) scaleRow(keys + i * stride, into + 4 * i, d & ~3);
    keys += 4 * stride;
  }
  for (; a < rows; a++) {
    scaleRow(keys, y + ((<usize>(column + a)) << 2), 0);
    keys += stride;
  }
}

/** Coordinates [t, d) of one row. */
function scaleRow(key: usize, into: usize, t: i32): void {
  for (; t < d; t++) {
    const offset = (<usize>t) << 2;
    store<f32>(into + <usize>t * Y_STRIDE, load<f32>(key + offset) * load<f32>(scaled + offset));
  }
}

/** Two more coordinates of y: log2 w1 + logScale, and 1; they meet 1 and log2 w2 of `weightedKeys`. */
function loadWeights(first: i32, rows: i32, width: i32): void {
  const weight = y + <usize>d * Y_STRIDE;
  for (let a = 0; a < width; a++) {
    store<f32>(weight + ((<usize>a) << 2), logWeight(0));
    store<f32>(weight + ((<usize>a) << 2), 1, Y_STRIDE);
  }
  for (let a = 0; job.weights1 != 0 && a < rows;) {
    const logs = runAt(job.weights1, first + a);
    const run = min<i32>(runRows, rows - a);
    for (let i = 0; i < run; i++) {
      store<f32>(weight + ((<usize>(a + i)) << 2), logWeight(logs + ((<usize>i) << 2)));
    }
    a += run;
  }
}

/** The keys of a block with 1 and log2 w2 behind each. */
function weightedKeys(keys: usize, first: i32, count: i32): usize {
  const stride = (<usize>(d + 2)) << 2;
  copyRows(keys, count, job.k2, stride);
  for (let b = 0; b < count; b++) {
    const end = job.k2 + <usize>b * stride + ((<usize>d) << 2);
    store<f32>(end, 1);
    store<f32>(end, 0, 4);
  }
  for (let b = 0; job.weights2 != 0 && b < count;) {
    const logs = runAt(job.weights2, first + b);
    const run = min<i32>(runRows, count - b);
    for (let i = 0; i < run; i++) {
      const log = <f64>load<f32>(logs + ((<usize>i) << 2)) * LOG2E;
      store<f32>(job.k2 + <usize>(b + i) * stride + ((<usize>(d + 1)) << 2), <f32>log);
    }
    b += run;
  }
  return job.k2;
}

/** Copy rows of d numbers to rows `stride` bytes apart; up to 3 numbers behind each are whatever comes next. */
function copyRows(from: usize, rows: i32, to: usize, stride: usize): void {
  const bytes = (<usize>d) << 2;
  for (let r = 0; r < rows; r++) {
    for (let i: usize = 0; i < bytes; i += 16) v128.store(to + i, v128.load(from + i));
    from += bytes;
    to += stride;
  }
}

/** Add the pairs of one group of rows and one block of keys of side 2, which lie together. */
function block(keys: usize, values: usize, first: i32, count: i32, rows: i32, width: i32): void {
  const depth = job.weighted ? d + 2 : d;
  if (job.weighted) keys = weightedKeys(keys, first, count);
  scores(keys, depth, count, width);
  const end = mask(count, rows, width);
  const factor = raise(largest(s, end, spare));
  if (factor != 1 && job.valued) shrink(factor, rows);
  addWeights(weigh(s, end, m, spare));
  if (job.valued) addValues(values, count, rows, width);
}

/** s[b][a] for all keys of a block, rounded up to whole tiles: what is too much is not looked at. */
function scores(keys: usize, depth: i32, count: i32, width: i32): void {
  const stride = (<usize>depth) << 2;
  const row = (<usize>width) << 2;
  const tiles = count / KEYS;
  const rest = count - KEYS * tiles;
  const k = keys + <usize>(count - rest) * stride;
  for (let a: usize = 0; a < row; a += 8 * LANES) {
    const to = s + a + <usize>(count - rest) * row;
    if (tiles > 0) scoreTile(y + a, keys, stride, depth, s + a, row, tiles);
    if (rest > KEYS - 2) scoreTile(y + a, k, stride, depth, to, row, 1);
    else if (rest > 0) restTile(y + a, k, stride, depth, to, row, 1);
  }
}

/** Give what pads the weight 0: columns, and the end of the last 64 bytes. Returns where the scores end. */
function mask(count: i32, rows: i32, width: i32): usize {
  for (let b = 0; rows < width && b < count; b++) {
    for (let a = rows; a < width; a++) store<f32>(s + ((<usize>(b * width + a)) << 2), MASKED);
  }
  const end = s + ((<usize>up(count * width, 16)) << 2);
  for (let at = s + ((<usize>(count * width)) << 2); at < end; at += 4) store<f32>(at, MASKED);
  return end;
}

/** u *= factor. */
function shrink(factor: f32, rows: i32): void {
  const x = f32x4.splat(factor);
  const end = u + <usize>rows * U_STRIDE;
  for (let at = u; at < end; at += 16) v128.store(at, f32x4.mul(v128.load(at), x));
}

/** u[a][j] += Σ_b weight·v2[b][j]: two vectors of coordinates at a time, and the odd one with twice the rows. */
function addValues(values: usize, count: i32, rows: i32, width: i32): void {
  const row = (<usize>width) << 2;
  const bytes = (<usize>up(d, LANES)) << 2;
  let stride = (<usize>d) << 2;
  if (stride != bytes) {
    copyRows(values, count, job.v2, U_STRIDE);
    values = job.v2;
    stride = U_STRIDE;
  }
  const tiles = <i32>(bytes / (8 * LANES));
  const j = <usize>tiles * 8 * LANES;
  for (let a = 0; tiles > 0 && a < rows; a += ROWS) {
    valueTile(s + ((<usize>a) << 2), row, values, stride, count, u + <usize>a * U_STRIDE, tiles);
  }
  for (let a = 0; j < bytes && a < rows; a += 2 * ROWS) {
    narrowTile(s + ((<usize>a) << 2), row, values + j, stride, count, u + <usize>a * U_STRIDE + j, 1);
  }
}

/** acc[j] += Σ_a v1_a[j]·u[a][j], in float32 over a group. */
function reduce(first: i32, rows: i32): void {
  const stride = (<usize>d) << 2;
  for (let a = 0; a < rows;) {
    const values = runAt(job.values1, first + a);
    const run = min<i32>(runRows, rows - a);
    for (let j = 0; j < d; j += 4) {
      let v = values + ((<usize>j) << 2);
      let w = u + <usize>a * U_STRIDE + ((<usize>j) << 2);
      const end = w + <usize>run * U_STRIDE;
      let sum = f32x4.splat(0);
      for (; w < end; w += U_STRIDE) {
        sum = f32x4.add(sum, f32x4.mul(v128.load(v), v128.load(w)));
        v += stride;
      }
      v128.store(spare, sum);
      addTo(j, spare);
    }
    a += run;
  }
}
