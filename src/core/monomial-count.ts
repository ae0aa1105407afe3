/** r = C(d + g, g): monomials of degree up to `g` in `d` variables. */
export function monomialCount(d: number, g: number): number {
  let count = 1;
  for (let i = 1; i <= g; i++) count = (count * (d + i)) / i; // whole at each turn, as C(d + i, i)
  return Math.round(count);
}
