import { monomialCount } from '../core/monomial-count.js';

/** From which length a polynomial cache of degree `g` pays against exact attention. */
export interface BreakEven {
  readonly monomials: number;
  /** Smallest n with 2·r·(d + 1) < 4·n·d numbers. */
  readonly memory: number;
  /** Smallest n with 7·r·(d + 1) < 4·n²·d operations a step. */
  readonly time: number;
}

/** math.md 5.4. */
export function breakEven(d: number, g: number): BreakEven {
  const monomials = monomialCount(d, g);
  const state = monomials * (d + 1);
  return {
    monomials,
    memory: Math.floor((2 * state) / (4 * d)) + 1,
    time: Math.floor(Math.sqrt((7 * state) / (4 * d))) + 1,
  };
}
