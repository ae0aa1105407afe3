import { normalCdf, normalQuantile } from './normal.js';

/**
 * Φ(R − Φ⁻¹(1 − share)): the attention mass of the top `share` of n scores that are normal with deviation `R`
 * (math.md 7.3). For R < √(2·ln n); near it, it overestimates. For the pairs of tensor attention take n² scores;
 * their tails are heavier, so it is a lower estimate there.
 */
export function topKMass(share: number, R: number): number {
  return normalCdf(R - normalQuantile(1 - share));
}

/** The share of the scores that holds a mass of 1 − `lost`: 1 − Φ(R + Φ⁻¹(lost)). */
export function shareForMass(lost: number, R: number): number {
  return normalCdf(-(R + normalQuantile(lost)));
}
