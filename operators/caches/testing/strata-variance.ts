/**
 * Variance of Σ_ab w_a·w'_b·x_ab when each stratum of c rows gives min(t, c) of them, drawn without replacement, with
 * weight w = c/min(t, c), and the columns the same, independently. Inclusion weights have covariance α·(I − J/c)
 * within a stratum, α = c²(1/t − 1/c)/(c − 1), and the sum is off by three uncorrelated parts (derived for this test;
 * Hoeffding decomposition):
 *   rows:    Σ_C α_C Σ_{a∈C} (R_a − mean_C R)², R_a = Σ_b x_ab over ALL columns; columns the same;
 *   both:    Σ_{C,C'} α_C α_C' Σ_{a∈C, b∈C'} e_ab², e = x with the means of rows and columns of the block removed.
 */
export function strataVariance(
  x: readonly (readonly number[])[],
  [strata1, strata2]: readonly [Strata, Strata],
  [t1, t2]: readonly [number, number],
): number {
  const transposed = x[0].map((_, b) => x.map((row) => row[b]));
  const alone = (rows: readonly (readonly number[])[], strata: Strata, t: number) =>
    sum(strata.map((stratum) => alpha(stratum.length, t) * scatter(stratum.map((a) => sum(rows[a])))));
  const both = strata1.flatMap((c1) =>
    strata2.map((c2) => {
      const centred = c1.map((a) => centre(c2.map((b) => x[a][b])));
      const block = sum(c2.map((_, b) => scatter(centred.map((row) => row[b]))));
      return alpha(c1.length, t1) * alpha(c2.length, t2) * block;
    }),
  );
  return alone(x, strata1, t1) + alone(transposed, strata2, t2) + sum(both);
}

/** Indices of the members of each stratum. */
export type Strata = readonly (readonly number[])[];

function alpha(c: number, t: number): number {
  return c <= t ? 0 : (c * c * (1 / t - 1 / c)) / (c - 1);
}

const sum = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0);
const centre = (numbers: readonly number[]) => numbers.map((x) => x - sum(numbers) / numbers.length);
const scatter = (numbers: readonly number[]) => sum(centre(numbers).map((x) => x * x));
