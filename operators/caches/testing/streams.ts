import fc from 'fast-check';
import { randomStream, type Random } from '../../../src/core/random.js';
import type { Order } from '../../../src/core/shape.js';

/** One token with its query, (d) each; k2 and v2 are null in matrix order. */
export interface Token {
  readonly q: Float64Array;
  readonly k1: Float64Array;
  readonly k2: Float64Array | null;
  readonly v1: Float64Array;
  readonly v2: Float64Array | null;
}

/** Tokens for a cache to see, already rounded to the type that they will be stored in. */
export interface Stream {
  readonly d: number;
  readonly order: Order;
  readonly scale: number;
  readonly dtype: 'f32' | 'f64';
  readonly tokens: readonly Token[];
}

/** What a random stream looks like. */
export interface StreamShape extends Omit<Stream, 'tokens'> {
  readonly n: number;
  readonly seed: number;
  /** Largest |score| of any step. */
  readonly maxScore: number;
  /** Share of keys that are 0, of values that are 0, and of keys that repeat an earlier one. */
  readonly zeroKeys: number;
  readonly zeroValues: number;
  readonly repeats: number;
}

/** Random shapes: d up to 33 (not a multiple of any vector width), up to 60 tokens, awkward keys and values. */
export function streamShapes(order: Order, dtype: 'f32' | 'f64'): fc.Arbitrary<StreamShape> {
  return fc.record({
    d: fc.integer({ min: 1, max: 33 }),
    n: fc.integer({ min: 1, max: 60 }),
    seed: fc.nat(),
    maxScore: fc.constantFrom(0, 1, 5, 20, 1000),
    zeroKeys: fc.constantFrom(0, 0.2),
    zeroValues: fc.constantFrom(0, 0.2, 1),
    repeats: fc.constantFrom(0, 0.5),
    scale: fc.constantFrom(1, 0.125),
    order: fc.constant(order),
    dtype: fc.constant(dtype),
  });
}

/**
 * Make a stream: Gaussian keys, values of one sign per coordinate (so that a relative error means something
 * even when d = 1), and queries scaled to the wanted scores.
 */
export function makeStream(shape: StreamShape): Stream {
  const { d, n, seed, order, dtype, zeroKeys, zeroValues, repeats } = shape;
  const random = randomStream(seed, 'test stream');
  const round = (row: Float64Array) => (dtype === 'f32' ? Float64Array.from(row, Math.fround) : row);
  const signs = Float64Array.from({ length: d }, () => (random.uniform() < 0.5 ? -1 : 1));
  const side = () => {
    const keys: Float64Array[] = [];
    const values: Float64Array[] = [];
    for (let i = 0; i < n; i++) {
      const repeated = i > 0 && random.uniform() < repeats;
      if (repeated) keys.push(keys[random.below(i)]);
      else keys.push(random.uniform() < zeroKeys ? new Float64Array(d) : round(gaussian(d, random)));
      const zero = random.uniform() < zeroValues;
      values.push(round(signs.map((sign) => (zero ? 0 : sign * (0.5 + random.uniform())))));
    }
    return { keys, values };
  };
  const side1 = side();
  const side2 = order === 'tensor' ? side() : null;
  const [keys2, values2] = [side2?.keys ?? null, side2?.values ?? null];
  const tokens = side1.keys.map((k1, i) => ({
    q: round(scaledQuery(gaussian(d, random), side1.keys, keys2, i + 1, shape)),
    k1,
    k2: keys2 && keys2[i],
    v1: side1.values[i],
    v2: values2 && values2[i],
  }));
  return { d, order, scale: shape.scale, dtype, tokens };
}

function gaussian(d: number, random: Random): Float64Array {
  return Float64Array.from({ length: d }, () => random.gaussian());
}

/** q times the factor that makes the largest of n × n scores `maxScore` in size. */
function scaledQuery(
  q: Float64Array,
  keys1: readonly Float64Array[],
  keys2: readonly Float64Array[] | null,
  n: number,
  { scale, maxScore }: StreamShape,
): Float64Array {
  const ones = new Float64Array(q.length).fill(1);
  let largest = 0;
  for (const k1 of keys1.slice(0, n)) {
    for (const k2 of keys2?.slice(0, n) ?? [ones]) {
      let [sum, terms] = [0, 0];
      for (let t = 0; t < q.length; t++) {
        const term = scale * q[t] * k1[t] * k2[t];
        sum += term;
        terms += Math.abs(term);
      }
      // A score that cancels to almost nothing must not be blown up: its rounding error would be, too.
      largest = Math.max(largest, Math.abs(sum), terms / 4);
    }
  }
  return largest === 0 ? q : q.map((x) => (x * maxScore) / largest);
}
