const HALVINGS = 200;

/**
 * ln of Npack(d, r): how many unit keys of dimension `d` a query of norm `r` can tell apart. A greedy spherical code
 * has (1/sin θ)^(d−1) points at angle θ, and the reduction works while ln N ≤ r·(1 − cos θ); the best θ
 * makes the two equal. The dimension alone limits nothing: on a circle (d = 2) any N works with a large r.
 */
export function lnPackedKeys(d: number, r: number): number {
  if (d < 2) return 0;
  let [low, high] = [0, Math.PI / 2];
  for (let i = 0; i < HALVINGS; i++) {
    const angle = (low + high) / 2;
    if (r * (1 - Math.cos(angle)) < -(d - 1) * Math.log(Math.sin(angle))) low = angle;
    else high = angle;
  }
  return r * (1 - Math.cos(low));
}

/** Npack(d, r), a whole number; Infinity beyond float64. */
export function packedKeys(d: number, r: number): number {
  return Math.floor(Math.exp(lnPackedKeys(d, r)) * (1 + 1e-12));
}

/** 1 − cos θ at sin θ = 1/e, where e^d keys fit: 0.0701. A query must then have norm d / 0.0701 = 14.3·d. */
export const gapOfExponentialCode = 1 - Math.sqrt(1 - Math.exp(-2));

/**
 * The most unit keys with inner products up to `eps` grow like e^(rate·d) at best (Kabatiansky and Levenshtein):
 * 0.018 at ε = 0.1, 0.28 at ε = 0.5. So e^d keys as nearly orthogonal as the paper asks do not exist.
 */
export function packingRate(eps: number): number {
  const sine = Math.sqrt(1 - eps * eps);
  const [a, b] = [(1 + sine) / (2 * sine), (1 - sine) / (2 * sine)];
  return a * Math.log(a) - b * Math.log(b);
}

/** Softmax weight of the right key among `keys` on a circle, asked with norm `r`. */
export function weightOnCircle(keys: number, r: number): number {
  let sum = 0;
  for (let a = 0; a < keys; a++) sum += Math.exp(r * (Math.cos((2 * Math.PI * a) / keys) - 1));
  return 1 / sum;
}
