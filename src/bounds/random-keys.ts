/**
 * dmin(N) = ⌈(2/ε²)·(2·ln N + ln(1/β))⌉: in so many dimensions `keys` random unit vectors have all inner products
 * within ±`eps`, except with probability `failure` (β, by default 1/N). A union bound over spherical caps, hence
 * careful: in practice d = 4·ln N is enough for the Index game (math.md 3.3).
 */
export function leastDimension(keys: number, eps: number, failure = 1 / keys): number {
  return Math.ceil((2 / eps ** 2) * (2 * Math.log(keys) + Math.log(1 / failure)));
}

/** C_u = 6/ε²: `leastDimension` per ln N, at failure 1/N. */
export function dimensionPerLog(eps: number): number {
  return 6 / eps ** 2;
}

/** About the largest |<k_i, k_j>| of `keys` random unit vectors in `d` dimensions; on average it is up to 15 % less. */
export function largestInnerProduct(keys: number, d: number): number {
  return Math.sqrt((4 * Math.log(keys)) / d);
}
