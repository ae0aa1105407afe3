import { Failure } from '../../../src/core/failure.js';
import { monomialCount } from '../../../src/core/monomial-count.js';

export { monomials, type Monomials } from '../../../src/core/monomials.js';

/**
 * Refuse more monomials than a cache may have.
 * @throws Failure `bad-option` with their number
 */
export function refuseMonomials(cache: string, d: number, g: number, most: number): number {
  const count = monomialCount(d, g);
  if (count <= most) return count;
  const fits = Array.from({ length: g }, (_, i) => g - 1 - i).find((i) => monomialCount(d, i) <= most);
  throw new Failure(
    'bad-option',
    `cache ${cache}: degree ${g} in d = ${d} coordinates has ${count} monomials, and maxMonomials = ${most}`,
    `${fits === undefined ? '' : `degree ${fits} has ${monomialCount(d, fits)}; `}or raise maxMonomials: each takes ` +
      `${8 * (d + 1)} bytes a side`,
  );
}
