import type { Monomials } from '../../core/monomials.js';

/**
 * Σ u ⊗ (v, 1) ⊗ (k, 1) over the rows of one side, (r × (d + 1)²): entry (f, l, t) sums u_f·v_l·k_t, and index d stands for
 * the 1. So Σu, Σu·v, Σu·k and Σu·v·k, all that math.md 6.3 needs of a side, are one array. Its size does not depend on rows.
 */
export type FeatureSums = Float64Array;

/** Zeros for `count` features of rows of width d. */
export function featureSums(count: number, d: number): FeatureSums {
  return new Float64Array(count * (d + 1) ** 2);
}

/** out = (x, last) ⊗ (y, 1), ((d + 1) × (d + 1)). */
export function outerWith(out: Float64Array, x: Float64Array, last: number, y: Float64Array): void {
  const d = y.length;
  for (let l = 0, at = 0; l <= d; l++, at += d + 1) {
    const factor = l < d ? x[l] : last;
    for (let t = 0; t < d; t++) out[at + t] = factor * y[t];
    out[at + d] = factor;
  }
}

/** sums[f, :] += factor · u_f · outer */
export function addFeatures(sums: FeatureSums, u: Float64Array, outer: Float64Array, factor: number): void {
  const width = outer.length;
  for (let f = 0, at = 0; f < u.length; f++, at += width) {
    const x = factor * u[f];
    for (let i = 0; i < width; i++) sums[at + i] += x * outer[i];
  }
}

/** out = Σ_f u_f · one[f, :] ∘ two[f, :], ((d + 1)²): Lemma 5.6 for one query. */
export function contractBoth(out: Float64Array, u: Float64Array, one: FeatureSums, two: FeatureSums): void {
  const width = out.length;
  out.fill(0);
  for (let f = 0, at = 0; f < u.length; f++, at += width) {
    const x = u[f];
    for (let i = 0; i < width; i++) out[i] += x * one[at + i] * two[at + i];
  }
}

/** out = Σ_f u_f · sums[f, :], ((d + 1)²). */
export function contractOne(out: Float64Array, u: Float64Array, sums: FeatureSums): void {
  const width = out.length;
  out.fill(0);
  for (let f = 0, at = 0; f < u.length; f++, at += width) {
    const x = u[f];
    for (let i = 0; i < width; i++) out[i] += x * sums[at + i];
  }
}

/** into[f, :] += u_f · outer ∘ sums[f, :] */
export function addProducts(
  into: FeatureSums,
  u: Float64Array,
  outer: Float64Array,
  sums: FeatureSums,
): void {
  const width = outer.length;
  for (let f = 0, at = 0; f < u.length; f++, at += width) {
    const x = u[f];
    for (let i = 0; i < width; i++) into[at + i] += x * outer[i] * sums[at + i];
  }
}

/** Weights scale^|α|/α! of the monomials α: Σ_α weight·q^α·k1^α·k2^α is the Taylor polynomial of exp(scale·<q, k1 * k2>). */
export function taylorWeights({ count, degree, multinomial }: Monomials, scale: number): Float64Array {
  const weights = new Float64Array(count);
  for (let f = 0; f < count; f++) {
    let power = 1; // scale^k/k!
    for (let k = 1; k <= degree[f]; k++) power *= scale / k;
    weights[f] = power * multinomial[f];
  }
  return weights;
}
