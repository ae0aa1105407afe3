// The job at hand, and the memory that a thread works in. One instance serves one thread, so these are globals.
import * as words from './words';
import { BLOCK, GROUP, KEYS, ROWS, U_STRIDE, Y_STRIDE } from './tiles';

export const LOG2E: f64 = 1.4426950408889634;
export const MASKED: f32 = -1e30; // score of what only pads: its weight is 0
export const ROW_BLOCK = 256; // materialised rows at a time
const MAX_D = 256;
const MAX_DEPTH = MAX_D + 2; // two more coordinates carry weights

let end: usize = 0;

/** The next bytes of the thread's own, and 128 more that whole vectors may reach into. */
function piece(bytes: usize): usize {
  const start = end;
  end += (bytes + 128 + 127) & ~127;
  return start;
}

export let spare: usize = 0; // 64 bytes that no one keeps
export let scaled: usize = 0; // (d) scale·log2 e·q
export let y: usize = 0; // (depth × GROUP) scaled keys of side 1, transposed
export let s: usize = 0; // (keys of a block × rows) scores, then weights
export let u: usize = 0; // (GROUP × d) Σ_b weight·v2; rows are U_STRIDE bytes apart
export let k2: usize = 0; // (BLOCK × depth) keys of side 2 with their weights, where there are weights
export let v2: usize = 0; // (BLOCK × d) values of side 2, where d is no multiple of a vector; U_STRIDE bytes apart

/** Work in the memory from `start`; returns the bytes that takes. */
export function workIn(start: usize): usize {
  end = start;
  spare = piece(64);
  scaled = piece(4 * MAX_D);
  y = piece(MAX_DEPTH * Y_STRIDE);
  s = piece((BLOCK + KEYS) * GROUP * 4);
  u = piece((GROUP + 2 * ROWS) * U_STRIDE);
  k2 = piece((BLOCK + KEYS) * MAX_DEPTH * 4);
  v2 = piece(BLOCK * U_STRIDE);
  return end - start;
}

export let d: i32 = 0;
export let logScale: f64 = 0;
export let valued: bool = false; // false where only the denominator is asked for
export let weighted: bool = false; // whether anything is added to the scores
export let keys1: usize = 0;
export let values1: usize = 0;
export let weights1: usize = 0;
export let keys2: usize = 0;
export let values2: usize = 0;
export let weights2: usize = 0;
export let count2: i32 = 0;

/** Read the job whose words lie at `job`; returns its kind. */
export function readJob(job: usize): i32 {
  const kind = <i32>words.wordAt(job, words.KIND);
  d = <i32>words.wordAt(job, words.D);
  valued = words.wordAt(job, words.ROLE) != words.DENOMINATOR;
  logScale = words.wordAt(job, words.LOG_SCALE);
  keys1 = job + 8 * words.ATOMS;
  values1 = words.valuesOf(keys1);
  weights1 = words.weightsOf(keys1);
  weighted = weights1 != 0 || logScale != 0;
  if (kind == words.GRID) {
    keys2 = words.afterAtoms(keys1);
    values2 = words.valuesOf(keys2);
    weights2 = words.weightsOf(keys2);
    count2 = words.countOf(keys2);
    weighted = weighted || weights2 != 0;
  }
  scaleQuery((<usize>words.wordAt(job, words.Q)) << 2, words.wordAt(job, words.SCALE));
  return kind;
}

function scaleQuery(q: usize, scale: f64): void {
  for (let i: usize = 0; i < (<usize>d) << 2; i += 4) {
    store<f32>(scaled + i, <f32>(<f64>load<f32>(q + i) * scale * LOG2E));
  }
}

/** The logarithm of a weight at `log` (0: the weight is 1) with the job's own, base 2. */
export function logWeight(log: usize): f32 {
  return <f32>(((log == 0 ? 0 : <f64>load<f32>(log)) + logScale) * LOG2E);
}
