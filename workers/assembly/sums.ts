// What a tile adds up: m, l and acc of math.md 1.3, in base 2. `m` is an integer, so raising it is exact.
import { d } from './job';

const LOWEST: f32 = -1e9; // below every score that float32 can tell from another one, weights included

/** Reference of the weights 2^(s - m), and the largest score (with its weight). */
export let m: f32 = LOWEST;
export let max: f32 = -Infinity;
/** Σ 2^(s - m). */
export let l: f64 = 0;
/** Address of Σ 2^(s - m)·v, (d) float64. */
export let acc: usize = 0;

export function start(accumulator: usize): void {
  m = LOWEST;
  max = -Infinity;
  l = 0;
  acc = accumulator;
  for (let j: usize = 0; j < <usize>d; j++) store<f64>(acc + 8 * j, 0);
}

/** Note that scores up to `score` follow, so that s ≤ m + 16; returns the factor by which all sums so far shrank. */
export function raise(score: f32): f32 {
  if (score > max) max = score;
  if (!(score > m + 16)) return 1;
  const next = ceil<f32>(score);
  const factor = powerOf2(<f64>m - <f64>next);
  m = next;
  l *= factor;
  for (let j: usize = 0; j < <usize>d; j++) store<f64>(acc + 8 * j, load<f64>(acc + 8 * j) * factor);
  return <f32>factor;
}

export function addWeights(sum: f64): void {
  l += sum;
}

/** acc[j] += x for j below d, from (at most 4) floats at `from`. */
export function addTo(j: i32, from: usize): void {
  const end = min<i32>(4, d - j);
  for (let i = 0; i < end; i++) {
    const place = acc + ((<usize>(j + i)) << 3);
    store<f64>(place, load<f64>(place) + <f64>load<f32>(from + ((<usize>i) << 2)));
  }
}

/** 2^e for integers e ≤ 0; 0 where float64 has no such number, and for −∞ and NaN. */
function powerOf2(e: f64): f64 {
  return e >= -1022 ? reinterpret<f64>((<u64>(<i64>e + 1023)) << 52) : 0;
}
