import type { Random } from '../../../src/core/random.js';
import type { Stream, Token } from './streams.js';

/** Kinds of data on which math.md 4.6 compares caches. */
export interface DataShape {
  readonly keys: 'cluster' | 'sphere' | 'gauss';
  readonly n: number;
  readonly d: number;
  /** Length of the scatter of a cluster's keys about its centre. */
  readonly noise: number;
  /** Whether values are linear in the keys, with noise; else they are independent of them. */
  readonly linearValues: boolean;
}

/** A stream of tensor order in float64, with zeros for queries. */
export function clusteredStream(shape: DataShape, random: Random): Stream {
  const { n, d } = shape;
  const [side1, side2] = [side(shape, random), side(shape, random)];
  const q = new Float64Array(d);
  const tokens = Array.from({ length: n }, (_, i): Token => {
    return { q, k1: side1.keys[i], v1: side1.values[i], k2: side2.keys[i], v2: side2.values[i] };
  });
  return { d, order: 'tensor', scale: 1, dtype: 'f64', tokens };
}

/** A random query with which the scores of all pairs have standard deviation `spread` (R of math.md). */
export function queryOfSpread(stream: Stream, spread: number, random: Random): Float64Array {
  const q = gaussian(stream.d, random);
  let [sum, squares] = [0, 0];
  for (const score of scoresOf(stream, q)) {
    sum += score;
    squares += score * score;
  }
  const pairs = stream.tokens.length ** 2;
  const deviation = Math.sqrt(squares / pairs - (sum / pairs) ** 2);
  return q.map((x) => (x * spread) / deviation);
}

/** Exact attention in float64: the output, (d), and ln Z. */
export function exactAttention(stream: Stream, q: Float64Array) {
  const { d, tokens } = stream;
  const [scores, values2] = [scoresOf(stream, q), flat(tokens.map(({ v2 }) => v2!))];
  const max = scores.reduce((a, b) => Math.max(a, b), -Infinity);
  const [output, sums] = [new Float64Array(d), new Float64Array(d)];
  let z = 0;
  tokens.forEach(({ v1 }, a) => {
    sums.fill(0);
    for (let b = 0; b < tokens.length; b++) {
      const weight = Math.exp(scores[a * tokens.length + b] - max);
      z += weight;
      for (let j = 0; j < d; j++) sums[j] += weight * values2[b * d + j];
    }
    for (let j = 0; j < d; j++) output[j] += v1[j] * sums[j];
  });
  return { output: output.map((x) => x / z), logZ: max + Math.log(z) };
}

/** <q, k1_a * k2_b>, row a·n + b: one array and plain loops, for there are a million pairs. */
function scoresOf({ d, tokens }: Stream, q: Float64Array): Float64Array {
  const n = tokens.length;
  const [keys2, scores, y] = [
    flat(tokens.map(({ k2 }) => k2!)),
    new Float64Array(n * n),
    new Float64Array(d),
  ];
  tokens.forEach(({ k1 }, a) => {
    for (let t = 0; t < d; t++) y[t] = q[t] * k1[t];
    for (let b = 0; b < n; b++) {
      let score = 0;
      for (let t = 0; t < d; t++) score += y[t] * keys2[b * d + t];
      scores[a * n + b] = score;
    }
  });
  return scores;
}

/** Rows one after the other. */
function flat(rows: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(rows.length * rows[0].length);
  rows.forEach((row, i) => all.set(row, i * row.length));
  return all;
}

function side(shape: DataShape, random: Random) {
  const { n, d, keys: kind, noise, linearValues } = shape;
  const centres = Array.from({ length: 12 }, () => unit(gaussian(d, random)));
  const means = Array.from({ length: 12 }, () => gaussian(d, random));
  const matrix = Array.from({ length: d }, () => gaussian(d, random));
  const keys: Float64Array[] = [];
  const values: Float64Array[] = [];
  for (let i = 0; i < n; i++) {
    const cluster = random.below(12);
    const x = gaussian(d, random);
    if (kind === 'cluster') keys.push(x.map((e, t) => centres[cluster][t] + (noise * e) / Math.sqrt(d)));
    else keys.push(kind === 'sphere' ? unit(x) : x);
    const v = gaussian(d, random);
    values.push(v.map((e, t) => (kind === 'cluster' ? means[cluster][t] + 0.5 * e : e + 0.5)));
  }
  return { keys, values: linearValues ? linear(keys, matrix, random) : values };
}

/** W·k, scaled to deviation 1 over all numbers, plus 0.3 times noise. */
function linear(
  keys: readonly Float64Array[],
  matrix: readonly Float64Array[],
  random: Random,
): Float64Array[] {
  const images = keys.map((k) =>
    Float64Array.from(matrix, (row) => row.reduce((sum, w, t) => sum + w * k[t], 0)),
  );
  const all = images.flatMap((image) => [...image]);
  const mean = all.reduce((a, b) => a + b, 0) / all.length;
  const deviation = Math.sqrt(all.reduce((sum, x) => sum + (x - mean) ** 2, 0) / all.length);
  return images.map((image) => image.map((x) => x / deviation + 0.3 * random.gaussian()));
}

function unit(x: Float64Array): Float64Array {
  const norm = Math.hypot(...x);
  return x.map((value) => value / norm);
}

function gaussian(d: number, random: Random): Float64Array {
  return Float64Array.from({ length: d }, () => random.gaussian());
}
