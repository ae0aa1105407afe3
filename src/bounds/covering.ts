/** ln of (1 + 2/δ)^d: balls of radius δ that cover the unit ball, and the most points of it that lie δ apart. */
export function lnCovering(d: number, delta: number): number {
  return d * Math.log1p(2 / delta);
}

/** ln of (3/δ)^d, the coarser count for δ ≤ 1 that the paper quotes. */
export function lnCoveringCoarse(d: number, delta: number): number {
  return d * Math.log(3 / delta);
}

/** ln of (1 + 4/δ)^d: clusters of the unit ball in which any TWO points are within δ (balls of radius δ/2). */
export function lnPairwiseClusters(d: number, delta: number): number {
  return d * Math.log1p(4 / delta);
}

/**
 * ln of (2·d + 1)^⌈1/ρ²⌉: balls of radius ρ that cover the l1 ball, in which every product k1 * k2 of unit keys
 * lies (Maurey). Polynomial in d, where covering the whole unit ball is exponential.
 */
export function lnProductCovering(d: number, rho: number): number {
  return Math.ceil(1 / rho ** 2) * Math.log(2 * d + 1);
}
