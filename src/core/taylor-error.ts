const ENOUGH = 1e-17; // of the sum: nothing after it changes a float64

/**
 * ε_g: the largest |T_g(x)·e^−x − 1| over [−B, B], for the Taylor polynomial T_g of degree `g`. It is
 * ∫₀^B e^t·t^g/g! dt, attained at x = −B; summed as Σ_k B^(g+1+k)/(g!·k!·(g+1+k)), in which nothing cancels.
 * Infinity beyond float64; NaN of NaN.
 */
export function taylorError(g: number, B: number): number {
  if (Number.isNaN(B)) return NaN;
  let power = B; // B^(g+1+k)/(g!·k!)
  for (let i = 1; i <= g; i++) power *= B / i;
  let sum = 0;
  for (let k = 0; ; k++) {
    const term = power / (g + 1 + k);
    sum += term;
    if (term <= ENOUGH * sum || !Number.isFinite(sum)) return sum;
    power *= B / (k + 1);
  }
}
