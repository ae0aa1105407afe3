import type { CacheParts } from '../../../src/core/cache.js';
import type { Floats } from '../../../src/core/memory.js';
import { matrix, type Matrix } from '../../../src/core/plan.js';
import { savedRows, type Saved } from '../keeping/saved-state.js';

/** A[f,:] = Σ over tokens of φ_f(k)·[v, 1], (r × (d + 1)) float64 (math.md 5.1). Its size does not depend on tokens. */
export interface MonomialSums extends Saved {
  /** Take memory, zeros; does nothing when it has some. */
  allocate(): void;
  /** Add φ·[v, 1]; φ is (r), v is (d). 2·r·(d + 1) operations. */
  add(phi: Float64Array, v: Floats): void;
  /** Multiply row f by factors[f]: with powers of two nothing is rounded. */
  scale(factors: Float64Array): void;
  matrix(): Matrix;
}

/** Sums over `count` monomials. Always float64: float32 would stop counting at 2^24 tokens, and cancel long before. */
export function monomialSums(count: number, { d, rows }: Pick<CacheParts, 'd' | 'rows'>): MonomialSums {
  const width = d + 1;
  const sums = rows(width, 'resident', 'f64');
  const row = new Float64Array(width).fill(1);
  return {
    allocate() {
      if (sums.count > 0) return;
      sums.resize(count);
      for (const view of sums.views()) view.fill(0);
    },
    add(phi, v) {
      row.set(v); // the last number stays 1
      let f = 0;
      for (const view of sums.views()) f = addRows(view, row, phi, f);
    },
    scale(factors) {
      let f = 0;
      for (const view of sums.views()) {
        for (let at = 0; at < view.length; at += width, f++) {
          if (factors[f] !== 1) for (let j = 0; j < width; j++) view[at + j] *= factors[f];
        }
      }
    },
    matrix: () => matrix(sums),
    ...savedRows({ sums }),
  };
}

/**
 * Rows of `view` += φ_f·row, from f = `first` on; returns the f behind the last. Four rows share each number of `row`:
 * twice as fast as one by one (1.6 against 0.8 multiply-adds a nanosecond), and this is what an append costs.
 */
function addRows(view: Floats, row: Float64Array, phi: Float64Array, first: number): number {
  const width = row.length;
  let [at, f] = [0, first];
  for (; at + 4 * width <= view.length; at += 4 * width, f += 4) {
    const [second, third, fourth] = [at + width, at + 2 * width, at + 3 * width];
    const x = phi[f];
    const y = phi[f + 1];
    const z = phi[f + 2];
    const w = phi[f + 3];
    for (let j = 0; j < width; j++) {
      const value = row[j];
      view[at + j] += x * value;
      view[second + j] += y * value;
      view[third + j] += z * value;
      view[fourth + j] += w * value;
    }
  }
  for (; at < view.length; at += width, f++) {
    for (let j = 0; j < width; j++) view[at + j] += phi[f] * row[j];
  }
  return f;
}
