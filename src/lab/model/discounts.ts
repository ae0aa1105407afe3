/** What is taken from a count of 1, of 2, and of 3 or more. */
export type Discounts = readonly [number, number, number];

/** For texts so short or alphabets so small that the estimate below does not exist. */
const FALLBACK: Discounts = [0.5, 1, 1.5];

/**
 * Discounts of modified Kneser-Ney from how many n-grams were counted once, twice, three and four times (Chen and Goodman
 * 1999, equation 26): D_i = i − (i+1)·Y·n_{i+1}/n_i with Y = n_1/(n_1 + 2·n_2), each in [0, i].
 */
export function discountsOf([n1, n2, n3, n4]: readonly number[]): Discounts {
  if (n1 === 0 || n2 === 0 || n3 === 0 || n4 === 0) return FALLBACK;
  const y = n1 / (n1 + 2 * n2);
  const estimated: Discounts = [1 - (2 * y * n2) / n1, 2 - (3 * y * n3) / n2, 3 - (4 * y * n4) / n3];
  return estimated.every((d, i) => d >= 0 && d <= i + 1) ? estimated : FALLBACK;
}
