import { taylorError } from '../core/taylor-error.js';

/** The bound of math.md 5.2, e^B·B^(g+1)/(g+1)!, never below `taylorError`. */
export function taylorBound(g: number, B: number): number {
  let power = B;
  for (let i = 1; i <= g; i++) power *= B / (i + 1);
  return Math.exp(B) * power;
}

/** The smallest degree whose error is at most `target`. */
export function taylorDegree(target: number, B: number): number {
  let g = 0;
  while (taylorError(g, B) > target) g++;
  return g;
}
