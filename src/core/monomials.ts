import { monomialCount } from './monomial-count.js';

/**
 * Monomials of degree up to g in d variables, by degree: number 0 is 1, number f is number parent[f] times variable
 * `variable[f]`, variables never falling (math.md 5.1). So all of them take one multiplication each.
 */
export interface Monomials {
  readonly count: number;
  readonly parent: Int32Array;
  readonly variable: Int32Array;
  readonly degree: Uint8Array;
  /** |α|!/α!, the multinomial coefficient: (Σ_t x_t)^k = Σ_{|α| = k} multinomial·x^α. */
  readonly multinomial: Float64Array;
  /** The value of every monomial at `x`, (d). The same array at each call: use it before the next. */
  at(x: ArrayLike<number>): Float64Array;
}

// The list depends on d and g only and never changes: one for all caches of a process, as a table of constants is.
const made = new Map<string, Monomials>();

/** The list for `d` variables and degree `g`. */
export function monomials(d: number, g: number): Monomials {
  const key = `${d},${g}`;
  let found = made.get(key);
  if (found === undefined) made.set(key, (found = makeMonomials(d, g)));
  return found;
}

function makeMonomials(d: number, g: number): Monomials {
  const count = monomialCount(d, g);
  const [parent, variable] = [new Int32Array(count), new Int32Array(count)];
  const [degree, multinomial] = [new Uint8Array(count), new Float64Array(count).fill(1)];
  const power = new Uint8Array(count); // of the last variable
  let [from, f] = [0, 1];
  for (let k = 1; k <= g; k++) {
    const to = f;
    for (let p = from; p < to; p++) {
      for (let t = variable[p]; t < d; t++, f++) {
        [parent[f], variable[f], degree[f]] = [p, t, k];
        power[f] = k > 1 && variable[p] === t ? power[p] + 1 : 1;
        multinomial[f] = (multinomial[p] * k) / power[f];
      }
    }
    from = to;
  }
  const values = new Float64Array(count);
  const at = (x: ArrayLike<number>) => {
    values[0] = 1;
    for (let i = 1; i < count; i++) values[i] = values[parent[i]] * x[variable[i]];
    return values;
  };
  return { count, parent, variable, degree, multinomial, at };
}
