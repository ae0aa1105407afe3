import type { Role } from '../../../src/core/plan.js';

/**
 * Floating-point operations of one grid job of n1 × n2 atoms, as the kernels count them (math.md 1.4):
 * scores 2·d a pair and q * k1, d a row; with values another 2·d a pair and 2·d a row.
 */
export function gridFlops(n1: number, n2: number, d: number, role: Role = 'both'): number {
  return role === 'denominator' ? 2 * d * n1 * n2 + d * n1 : 4 * d * n1 * n2 + 3 * d * n1;
}

/** Floating-point operations of one job over materialised rows: 2·d a score, 2·d a value. */
export function rowsFlops(rows: number, d: number, role: Role = 'both'): number {
  return (role === 'denominator' ? 2 : 4) * d * rows;
}

/** Floating-point operations of measuring the mass of n1 rows against n2 others; null: against none, their own score. */
export function massFlops(n1: number, n2: number | null, d: number): number {
  return n2 === null ? 2 * d * n1 : (2 * n2 + 1) * d * n1;
}
