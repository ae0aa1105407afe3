import { taylorError } from '../../../src/core/taylor-error.js';
import { minimaxCoefficients } from './minimax.js';

/** A polynomial in place of e^x, and how wrong it can be. */
export interface WeightPolynomial {
  /** c_0 … c_g of Σ c_k x^k */
  readonly coefficients: readonly number[];
  /** ε: the largest |p(x)·e^−x − 1| over the scores in [−range, range]; may be Infinity. */
  readonly error: number;
}

/** How coefficients are chosen. */
export type Fit = 'taylor' | 'minimax';

const STEPS = 4; // per octave of ranges for which coefficients are fitted
const [SMALLEST, LARGEST] = [2 ** -10, 2 ** 4];

/** The polynomial of degree `g` for scores in [−range, range]. */
export function weightPolynomial(fit: Fit, g: number, range: number): WeightPolynomial {
  return fit === 'minimax' && range <= LARGEST ? fitted(g, fittedRange(range)) : taylor(g, range);
}

function taylor(g: number, range: number): WeightPolynomial {
  const coefficients = [1];
  for (let k = 1; k <= g; k++) coefficients.push(coefficients[k - 1] / k);
  return { coefficients, error: taylorError(g, range) };
}

/** The next range for which coefficients are fitted: a grid, so that queries share them. */
function fittedRange(range: number): number {
  return 2 ** (Math.ceil(STEPS * Math.log2(Math.max(SMALLEST, range))) / STEPS);
}

// A fit depends on degree and range only; there are few ranges on the grid, so this stays small.
const fits = new Map<string, WeightPolynomial>();

function fitted(g: number, range: number): WeightPolynomial {
  const key = `${g},${range}`;
  let found = fits.get(key);
  if (found === undefined) {
    const coefficients = minimaxCoefficients(g, range);
    fits.set(key, (found = { coefficients, error: weightError(coefficients, range) }));
  }
  return found;
}

/** max |p(x)·e^−x − 1| over [−B, B], over the interval and not a grid: its extremes lie at the ends and where p' = p. */
export function weightError(coefficients: readonly number[], B: number): number {
  const slope = coefficients.map((c, k) => (k + 1) * (coefficients[k + 1] ?? 0) - c); // of p' − p
  return [-B, ...realRoots(slope, -B, B), B].reduce(
    (worst, x) => Math.max(worst, Math.abs(valueAt(coefficients, x) * Math.exp(-x) - 1)),
    0,
  );
}

/** p(x) by Horner's rule. */
export function valueAt(coefficients: readonly number[], x: number): number {
  return coefficients.reduceRight((sum, c) => sum * x + c, 0);
}

/** Where a polynomial changes its sign within (lo, hi): once at most between two such places of its derivative. */
function realRoots(coefficients: readonly number[], lo: number, hi: number): number[] {
  if (coefficients.length < 2) return [];
  const derivative = coefficients.slice(1).map((c, k) => (k + 1) * c);
  const edges = [lo, ...realRoots(derivative, lo, hi), hi];
  return edges.slice(1).flatMap((edge, i) => bisect(coefficients, edges[i], edge));
}

function bisect(coefficients: readonly number[], from: number, to: number): number[] {
  let [lo, hi] = [from, to];
  const sign = Math.sign(valueAt(coefficients, lo));
  if (sign === Math.sign(valueAt(coefficients, hi))) return [];
  for (;;) {
    const middle = (lo + hi) / 2;
    if (middle <= lo || middle >= hi) return [middle];
    if (Math.sign(valueAt(coefficients, middle)) === sign) lo = middle;
    else hi = middle;
  }
}
