import type { Scratch } from './scratch.js';

/** Leaves out numbers at random, so that a model does not lean on any one of them; only in training. */
export interface Dropout {
  /** Multiply `x` in place by 0 or by what keeps its mean; returns these factors for the gradient. */
  apply(x: Float32Array, scratch: Scratch): Float32Array;
  /** Whether to leave out one of the tokens before a token; those that stay are as large as without dropout. */
  skip(): boolean;
}

/** Srivastava et al. 2014; `rate` of all numbers are left out. The same `seed`, a whole number, leaves out the same. */
export function createDropout(rate: number, seed: number): Dropout {
  const next = fastRandom(seed);
  const [least, kept] = [rate * 2 ** 32, 1 / (1 - rate)];
  return {
    apply(x, scratch) {
      const factors = scratch.take(x.length);
      for (let i = 0; i < x.length; i++) x[i] *= factors[i] = next() < least ? 0 : kept;
      return factors;
    },
    skip: () => next() < least,
  };
}

/** x *= factors */
export function applyFactors(x: Float32Array, factors: Float32Array): void {
  for (let i = 0; i < x.length; i++) x[i] *= factors[i];
}

/** Uniform 32-bit numbers (mulberry32): a sequence takes a million of them, and their quality hardly matters. */
function fastRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}
