const SERIES_END = 2.5; // below it the series loses no digit that matters, above it the fraction converges
const TERMS = 300;
const FAR = 39; // the tail beyond is 0 in float64
const HALVINGS = 200;

/** Φ(x): probability that a standard normal number is below `x`. */
export function normalCdf(x: number): number {
  return x < 0 ? upperTail(-x) : 1 - upperTail(x);
}

/** Φ⁻¹(p), for p in (0, 1); ±Infinity at the ends. */
export function normalQuantile(p: number): number {
  if (p > 0.5) return -normalQuantile(1 - p);
  if (p <= 0) return -Infinity;
  let [low, high] = [0, FAR];
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2;
    if (upperTail(middle) > p) low = middle;
    else high = middle;
  }
  return -(low + high) / 2;
}

/** 1 − Φ(x) for x ≥ 0, also far out, where 1 − Φ would be rounded away. */
function upperTail(x: number): number {
  const density = Math.exp(-(x * x) / 2) / Math.sqrt(2 * Math.PI);
  return x < SERIES_END ? 0.5 - density * series(x) : density / fraction(x);
}

/** x + x³/3 + x⁵/(3·5) + …: all terms positive, so nothing cancels. */
function series(x: number): number {
  let [term, sum] = [x, x];
  for (let k = 1; k < TERMS; k++) {
    term *= (x * x) / (2 * k + 1);
    sum += term;
  }
  return sum;
}

/** Laplace's continued fraction x + 1/(x + 2/(x + 3/(x + …))). */
function fraction(x: number): number {
  let value = x;
  for (let k = TERMS; k > 0; k--) value = x + k / value;
  return value;
}
