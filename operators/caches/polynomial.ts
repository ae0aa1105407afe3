import { Failure } from '../../src/core/failure.js';
import { defineCache } from '../../src/core/cache.js';
import type { Floats } from '../../src/core/memory.js';
import { attention, matrix, type AttendJob, type FeaturesJob } from '../../src/core/plan.js';
import { monomials, refuseMonomials, type Monomials } from './polynomials/monomials.js';
import {
  certifiedRange,
  polynomialsFor,
  relativeBound,
  roundingOf,
  USELESS,
  type Approximation,
  type Polynomials,
} from './polynomials/polynomial-bound.js';
import {
  polynomialOptions,
  polynomialSize,
  polynomialWithin,
  type PolynomialOptions,
} from './polynomials/polynomial-options.js';
import { polynomialSide, type PolynomialSide } from './polynomials/polynomial-side.js';
import { savedTogether } from './keeping/saved-state.js';
import { scoreRange, valueRange } from './polynomials/score-range.js';
import { sideCount, sidesOf } from './keeping/sides.js';

const MOST_FITTED = 16;

/**
 * Attention whose e^x is a polynomial, from sums that do not grow (math.md 5; the polynomial method of Alman and Song in
 * streaming form). x = Σ_t q_t·k1_t·k2_t, and the monomials of x^k factor over the sides: x^k = Σ_{|α| = k} |α|!/α!·q^α·
 * k1^α·k2^α. So with A1[α,:] = Σ_a k1_a^α·[v1_a, 1], and A2 likewise, every query costs 3·r·(d + 1) operations:
 *   N_j = Σ_α n_|α|·|α|!/α!·q^α·A1[α,j]·A2[α,j],   Z the same with j = d and the denominator's coefficients.
 *
 * Parity: numerator odd, denominator one less. Even-degree Taylor polynomials are positive everywhere, so Z > 0, and with
 * equal even degrees the numerator would miss the term that matches the last of Z (math.md 5.3).
 *
 * `window`: pairs of the last tokens are scored exactly, all others by the polynomial. With old = not in the window,
 *   A1·A2 − (A1 − old1)·(A2 − old2) = A1·old2 + old1·A2 − old1·old2,
 * in which no pair of the window appears: nothing cancels, and before a token is old the answer is exact.
 *
 * Certified: scores are bounded in O(d) from running maxima; they are loose by a factor of 2 to 3 on Gaussian keys, and
 * the error that really occurs is far below the bound, because scores gather around 0. Where the bound says nothing
 * (scores may leave its range) `outOfRange` says so, and the certificate is what always holds, ‖ô‖ + max‖v1 * v2‖.
 * Keys are divided by powers of two so that no monomial exceeds 1. Sums are float64 in every run.
 *
 * Not measured: the list of monomials, one for all caches of a process; and the fits of `minimax`, at most 57 ranges.
 * Limits: r = C(d + degree, degree) explodes; heavy-tailed scores (R = 2 on Gaussian keys) need other caches.
 */
export const polynomial = defineCache(
  {
    name: 'polynomial',
    summary: 'sums over monomials of the keys: memory and time of a query do not grow with the stream',
    paper: {
      title:
        'How to Capture Higher-order Correlations? Generalizing Matrix Softmax Attention to Kronecker Computation',
      section: 'the polynomial method, here in streaming form',
      url: 'https://arxiv.org/abs/2310.04064',
    },
    options: polynomialOptions,
    exactness: 'certified',
    orders: ['tensor', 'matrix'],
    queryAware: false,
    appendOnly: false,
    selects: false,
    formulaText:
      'c·r·(d + 1)·8 + 2·(sides)·min(n, window)·d·b, r = C(d + degree, degree), c = 2 (4 with a window; matrix order: 1)',
    formula: polynomialSize,
    covering: (n) => ({ window: n }),
    within: polynomialWithin,
  },
  (given, parts) => {
    const approximation = approximationOf(given);
    const { d, order, scale, bytesPerNumber } = parts;
    const { window } = given;
    refuseMonomials('polynomial', d, given.degree, given.maxMonomials);
    const list = monomials(d, given.degree);
    const sides = Array.from({ length: sideCount(order) }, () => polynomialSide(list, window, parts));
    const [one, two = null] = sides;
    const weights = parts.rows(2, 'scratch', 'f64'); // (r × 2)
    const saved = savedTogether(Object.fromEntries(sides.map((side, i) => [`side${i + 1}`, side])));
    let last: LastPlan = { range: 0, polynomials: null };

    function approximate(q: Floats, range: number): readonly FeaturesJob[] {
      const polynomials = polynomialsFor(approximation, range);
      last = { range, polynomials };
      const scaled = Float64Array.from(q, (x, t) => x * scale * one.scales()[t] * (two?.scales()[t] ?? 1));
      writeWeights(list, list.at(scaled), polynomials, weights.views());
      return featuresJobs(one, two, matrix(weights));
    }

    /** The bound in units of max‖v1 * v2‖₂, rounding included. */
    function relative(): number {
      const { range, polynomials } = last;
      const sizes = { tokens: one.seen(), monomials: list.count, d, window, bytesPerNumber };
      return relativeBound(
        polynomials ?? EXACT,
        roundingOf({ ...sizes, range, polynomials: polynomials ?? EXACT }),
      );
    }

    return {
      append(entry) {
        if (weights.count === 0) weights.resize(list.count);
        sidesOf(entry, order).forEach((rows, i) => sides[i].take(rows));
      },
      plan(q) {
        const range = one.seen() === 0 ? 0 : scoreRange(q, scale, one.maxima, two?.maxima ?? null);
        last = { range, polynomials: null };
        const jobs: AttendJob[] = one.kept() > 0 ? [attention(one.recent(), two?.recent() ?? null)] : [];
        return { jobs: one.seen() > one.kept() ? [...approximate(q, range), ...jobs] : jobs };
      },
      certify({ output }) {
        const most = valueRange(one.maxima, two?.maxima ?? null);
        const [bound, always] = [relative(), Math.hypot(...output) + most]; // ‖o‖ ≤ most: o is a mean of values
        return bound < Infinity ? Math.min(bound * most, always) : always;
      },
      outOfRange({ lse }) {
        if (last.polynomials === null) return null;
        if (lse === -Infinity)
          return 'the polynomial estimate of the denominator is not positive: zeros were answered';
        if (relative() < USELESS) return null;
        const { fit, degree, denominatorDegree } = approximation;
        return (
          `scores may reach ±${last.range.toPrecision(3)}, and ${fit} polynomials of degree ${degree} over ` +
          `${denominatorDegree} certify nothing beyond ±${certifiedRange(approximation).toPrecision(3)}`
        );
      },
      census: () => ({
        ...{ kept1: one.kept(), kept2: two?.kept() ?? 0 },
        ...{ evicted1: one.seen() - one.kept(), evicted2: two === null ? 0 : two.seen() - two.kept() },
        ...{ clusters1: null, clusters2: null, samples: null },
      }),
      snapshot: saved.snapshot,
      restore(snapshot) {
        saved.restore(snapshot);
        if (one.seen() > 0) weights.resize(list.count);
      },
    };
  },
);

/** What `certify` must know of the last plan; without polynomials it was exact. */
interface LastPlan {
  /** Bound on the scores. */
  readonly range: number;
  readonly polynomials: Polynomials | null;
}

const NO_ERROR = { coefficients: [], error: 0 };
const EXACT: Polynomials = { numerator: NO_ERROR, denominator: NO_ERROR };

/** @throws Failure `bad-option` */
function approximationOf({
  fit,
  degree,
  denominatorDegree = degree - (degree % 2),
}: PolynomialOptions): Approximation {
  if (denominatorDegree > degree) {
    const what = `denominatorDegree = ${denominatorDegree} is more than degree = ${degree}, up to which sums are kept`;
    throw new Failure(
      'bad-option',
      `cache polynomial: ${what}`,
      'leave out denominatorDegree, or raise degree',
    );
  }
  if (fit === 'minimax' && degree > MOST_FITTED) {
    const what = `fit = minimax is good up to degree ${MOST_FITTED} in float64, and degree = ${degree}`;
    throw new Failure('bad-option', `cache polynomial: ${what}`, 'use fit = taylor, or a lower degree');
  }
  return { fit, degree, denominatorDegree };
}

/** n_f = c_|α|·|α|!/α!·q^α for the numerator, and the same for the denominator, into (r × 2). */
function writeWeights(
  { degree, multinomial, count }: Monomials,
  powers: Float64Array,
  { numerator, denominator }: Polynomials,
  views: readonly Floats[],
): void {
  let f = 0;
  for (const view of views) {
    for (let at = 0; at < view.length && f < count; at += 2, f++) {
      const power = multinomial[f] * powers[f];
      view[at] = numerator.coefficients[degree[f]] * power;
      view[at + 1] = (denominator.coefficients[degree[f]] ?? 0) * power;
    }
  }
}

/** The jobs for all pairs that are not in the window. */
function featuresJobs(
  one: PolynomialSide,
  two: PolynomialSide | null,
  weights: FeaturesJob['weights'],
): readonly FeaturesJob[] {
  const job = (side1: FeaturesJob['side1'], side2: FeaturesJob['side2'], factor: 1 | -1): FeaturesJob => ({
    ...{ kind: 'features', role: 'both', side1, side2, weights, factor },
  });
  const [all1, old1] = [one.all(), one.old()];
  if (two === null) return [job((old1 ?? all1)!, null, 1)];
  const [all2, old2] = [two.all()!, two.old()];
  if (old1 === null || old2 === null) return [job(all1!, all2, 1)];
  return [job(all1!, old2, 1), job(old1, all2, 1), job(old1, old2, -1)];
}
