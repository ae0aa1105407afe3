import { z } from 'zod';
import type { Size, SizeInput } from '../../../src/core/cache.js';
import { monomialCount } from '../../../src/core/monomial-count.js';
import { gridFlops, rowsFlops } from '../keeping/flops.js';
import { sideCount } from '../keeping/sides.js';
import { refuseMonomials } from './monomials.js';

/** Options of `polynomial`. */
export const polynomialOptions = z.object({
  degree: z
    .int()
    .min(0)
    .max(32)
    .default(3)
    .describe('degree of the polynomial for the numerator; odd is best (math.md 5.3)'),
  denominatorDegree: z
    .int()
    .min(0)
    .max(32)
    .optional()
    .describe('degree for the denominator, at most `degree`; the largest even one if not given'),
  fit: z
    .enum(['taylor', 'minimax'])
    .default('taylor')
    .describe(
      'coefficients: Taylor (best on average) or smallest certified error over the range of the scores',
    ),
  window: z.int().min(0).default(0).describe('last tokens of each side whose pairs are scored exactly'),
  maxMonomials: z
    .int()
    .positive()
    .default(65_536)
    .describe('most monomials allowed: C(d + degree, degree) must not exceed it'),
});
/** The options, checked. */
export type PolynomialOptions = z.output<typeof polynomialOptions>;

const DEFAULTS: PolynomialOptions = polynomialOptions.parse({});

/** The largest odd degree whose sums fit, from the highest that is ever useful; without a window. */
export function polynomialWithin(
  bytes: number,
  shape: Pick<SizeInput, 'd' | 'order' | 'bytesPerNumber'>,
): { readonly degree: number } | null {
  const fits = (degree: number) => {
    if (monomialCount(shape.d, degree) > DEFAULTS.maxMonomials) return false;
    const { residentBytes, metadataBytes } = polynomialSize(
      { ...shape, n: 1, census: null },
      { ...DEFAULTS, degree },
    );
    return residentBytes + metadataBytes <= bytes;
  };
  const degree = [9, 7, 5, 3, 1].find(fits);
  return degree === undefined ? null : { degree };
}

/** What theory says of it: constant in n but for the window. @throws Failure `bad-option` for too many monomials */
export function polynomialSize(
  { n, d, order, bytesPerNumber }: SizeInput,
  { degree, window, maxMonomials }: PolynomialOptions,
): Size {
  const r = refuseMonomials('polynomial', d, degree, maxMonomials);
  const [sides, kept] = [sideCount(order), Math.min(n, window)];
  const jobs = n <= window ? 0 : sides === 2 && window > 0 ? 3 : 1;
  const sums = sides === 2 && window > 0 ? 4 : sides;
  const exact = kept === 0 ? 0 : sides === 2 ? gridFlops(kept, kept, d) : rowsFlops(kept, d);
  return {
    residentBytes: sums * r * (d + 1) * 8 + 2 * sides * kept * d * bytesPerNumber,
    metadataBytes: sides * (3 * d + 2) * 8,
    scratchBytes: 2 * r * 8,
    flops: jobs * (sides === 2 ? 3 : 2) * r * (d + 1) + exact,
  };
}
