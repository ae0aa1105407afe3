import type { CacheParts } from '../../../src/core/cache.js';
import type { Floats } from '../../../src/core/memory.js';
import { savedRows, type Saved } from '../keeping/saved-state.js';
import type { SideEntry } from '../keeping/sides.js';

// Bounds are sums of up to a few hundred float64 numbers: this is far above what they are rounded by.
const ROUNDED_UP = 1 + 2 ** -40;

/** The largest entries and norms of one side so far, from which scores and values are bounded in O(d). */
export interface RunningMaxima extends Saved {
  allocate(): void;
  take(entry: SideEntry): void;
  /** max |k_t| and max |v_t|, (d) each. */
  keys(): Floats;
  values(): Floats;
  /** max ‖k‖₂ and max ‖v‖₂ */
  keyNorm(): number;
  valueNorm(): number;
}

/** Keep the maxima of one side: 2·d + 2 float64 numbers of metadata. */
export function runningMaxima({ d, rows }: Pick<CacheParts, 'd' | 'rows'>): RunningMaxima {
  const stored = rows(2 * d + 2, 'metadata', 'f64');
  const numbers = () => stored.read(0);
  return {
    allocate() {
      if (stored.count > 0) return;
      stored.resize(1);
      numbers().fill(0);
    },
    take({ k, v }) {
      const all = numbers();
      let [k2, v2] = [0, 0];
      for (let t = 0; t < d; t++) {
        all[t] = Math.max(all[t], Math.abs(k[t]));
        all[d + t] = Math.max(all[d + t], Math.abs(v[t]));
        k2 += k[t] * k[t];
        v2 += v[t] * v[t];
      }
      all[2 * d] = Math.max(all[2 * d], Math.sqrt(k2));
      all[2 * d + 1] = Math.max(all[2 * d + 1], Math.sqrt(v2));
    },
    keys: () => numbers().subarray(0, d),
    values: () => numbers().subarray(d, 2 * d),
    keyNorm: () => numbers()[2 * d],
    valueNorm: () => numbers()[2 * d + 1],
    ...savedRows({ maxima: stored }),
  };
}

/**
 * A bound on |scale·<q, k1_a * k2_b>| over all pairs so far: by boxes, Σ_t |q_t|·max|k1_t|·max|k2_t|, or by norms,
 * max|q_t|·max‖k1‖·max‖k2‖, whichever is smaller. Without side 2: Σ_t |q_t|·max|k1_t| or ‖q‖·max‖k1‖.
 */
export function scoreRange(q: Floats, scale: number, one: RunningMaxima, two: RunningMaxima | null): number {
  const [k1, k2] = [one.keys(), two?.keys()];
  let [box, largest, square] = [0, 0, 0];
  for (let t = 0; t < q.length; t++) {
    box += Math.abs(q[t]) * k1[t] * (k2 === undefined ? 1 : k2[t]);
    largest = Math.max(largest, Math.abs(q[t]));
    square += q[t] * q[t];
  }
  const norms = two === null ? Math.sqrt(square) * one.keyNorm() : largest * one.keyNorm() * two.keyNorm();
  return ROUNDED_UP * Math.abs(scale) * Math.min(box, norms);
}

/** A bound on ‖v1_a * v2_b‖₂ over all pairs so far, by boxes or by norms of one side and the box of the other. */
export function valueRange(one: RunningMaxima, two: RunningMaxima | null): number {
  const [v1, v2] = [one.values(), two?.values()];
  let [square, most1, most2] = [0, 0, 0];
  for (let t = 0; t < v1.length; t++) {
    const other = v2 === undefined ? 1 : v2[t];
    square += (v1[t] * other) ** 2;
    [most1, most2] = [Math.max(most1, v1[t]), Math.max(most2, other)];
  }
  const byNorm = Math.min(one.valueNorm() * most2, two === null ? Infinity : most1 * two.valueNorm());
  return ROUNDED_UP * Math.min(Math.sqrt(square), byNorm);
}
