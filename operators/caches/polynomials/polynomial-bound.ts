import { weightPolynomial, type Fit, type WeightPolynomial } from './weight-polynomial.js';

/** The polynomials in place of e^x: one for values, one for the sum of weights. */
export interface Polynomials {
  readonly numerator: WeightPolynomial;
  readonly denominator: WeightPolynomial;
}

/** Degrees of the two, and how they are fitted. */
export interface Approximation {
  readonly fit: Fit;
  readonly degree: number;
  readonly denominatorDegree: number;
}

/** The polynomials for scores in [−range, range]. */
export function polynomialsFor(
  { fit, degree, denominatorDegree }: Approximation,
  range: number,
): Polynomials {
  return {
    numerator: weightPolynomial(fit, degree, range),
    denominator: weightPolynomial(fit, denominatorDegree, range),
  };
}

/**
 * The bound on ‖o − ô‖₂ in units of max ‖v1 * v2‖₂: with weights that are wrong by ε_N and ε_D relative to e^s,
 *   ô − o = Σ p (t_N/t̄ − 1) v,  |t_N − t̄| ≤ ε_N + ε_D,  t̄ = Σ p t_D ≥ 1 − ε_D,  so  (ε_N + ε_D) / (1 − ε_D).
 * It is 2ε/(1 − ε) of math.md 5.2 where both are the same. `rounding` is added to both.
 */
export function relativeBound({ numerator, denominator }: Polynomials, rounding: number): number {
  const [n, d] = [numerator.error + rounding, denominator.error + rounding];
  return d < 1 ? (n + d) / (1 - d) : Infinity;
}

/** Above this a bound says nothing: o and any point of the same ball are at most 2 radii apart. */
export const USELESS = 2;

/** The largest range, on a grid of eighth octaves, in which the polynomials promise something; 0 if none does. */
export function certifiedRange(approximation: Approximation): number {
  let [low, high] = [-80, 64]; // 2^-10 … 2^8
  const promises = (step: number) =>
    relativeBound(polynomialsFor(approximation, 2 ** (step / 8)), 0) < USELESS;
  if (!promises(low)) return 0;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (promises(middle)) low = middle;
    else high = middle;
  }
  return 2 ** (low / 8);
}

/** What rounding depends on. */
export interface Arithmetic {
  readonly tokens: number;
  readonly monomials: number;
  readonly d: number;
  readonly range: number;
  readonly polynomials: Polynomials;
  /** Tokens a side in the exact window, and bytes per number there. */
  readonly window: number;
  readonly bytesPerNumber: number;
}

/**
 * What float arithmetic adds to ε. Sums over n tokens and r monomials in float64 are wrong by at most about
 * (n + r)·2^-52 of the sum of their absolute values, and that is up to Σ|c_k| B^k against weights of at least e^−B:
 * where scores are negative, terms cancel. The window's kernel may multiply in the type of its rows.
 */
export function roundingOf(arithmetic: Arithmetic): number {
  const { tokens, monomials, d, range, polynomials, window, bytesPerNumber } = arithmetic;
  const degree = polynomials.numerator.coefficients.length;
  const absolute = ({ coefficients }: WeightPolynomial) =>
    coefficients.reduceRight((sum, c) => sum * range + Math.abs(c), 0);
  const most = Math.max(absolute(polynomials.numerator), absolute(polynomials.denominator));
  const jobs = window > 0 ? 3 : 1;
  const wide = jobs * (tokens + monomials + 8 * (degree + 1)) * 2 ** -52 * most * Math.exp(range);
  const unit = bytesPerNumber === 4 ? 2 ** -23 : 2 ** -52;
  return wide + (window > 0 ? unit * ((d + 8) * range + window + 64) : 0);
}
