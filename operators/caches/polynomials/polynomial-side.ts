import type { CacheParts } from '../../../src/core/cache.js';
import type { Atoms, Matrix } from '../../../src/core/plan.js';
import { keptRows } from '../keeping/kept-rows.js';
import { monomialSums, type MonomialSums } from './monomial-sums.js';
import type { Monomials } from './monomials.js';
import { savedRows, savedTogether, type Saved } from '../keeping/saved-state.js';
import { runningMaxima, type RunningMaxima } from './score-range.js';
import type { SideEntry } from '../keeping/sides.js';

/** One side of a polynomial cache. */
export interface PolynomialSide extends Saved {
  readonly maxima: RunningMaxima;
  take(entry: SideEntry): void;
  /** Powers of two by which keys are divided, (d). */
  scales(): ArrayLike<number>;
  /** Sums over all tokens; null where they are not needed. */
  all(): Matrix | null;
  /** Sums over the tokens that left the window; null without one. */
  old(): Matrix | null;
  /** The tokens of the window. */
  recent(): Atoms;
  kept(): number;
  seen(): number;
}

/**
 * Keep sums over monomials of the keys of one side, and of the last `window` tokens the rows themselves. Sums over old
 * tokens are added up as tokens leave, never taken away, so that rounding does not gather (math.md 5.5 subtracts).
 */
export function polynomialSide(monomials: Monomials, window: number, parts: CacheParts): PolynomialSide {
  const { d, order, rows } = parts;
  const maxima = runningMaxima(parts);
  const scaleRow = rows(d, 'metadata', 'f64');
  const recent = keptRows(parts, { allowed: () => window, positions: 'implied' });
  // Of pairs with one old token the other may be recent: both sums. With one side, old tokens are all there is.
  const all = window === 0 || order === 'tensor' ? monomialSums(monomials.count, parts) : null;
  const old = window === 0 ? null : monomialSums(monomials.count, parts);
  const sums = [all, old].filter((each) => each !== null);
  const scaled = new Float64Array(d);
  let seen = 0;

  function add(into: MonomialSums | null, k: ArrayLike<number>, v: SideEntry['v']): void {
    if (into === null) return;
    const scales = scaleRow.read(0);
    for (let t = 0; t < d; t++) scaled[t] = k[t] / scales[t];
    into.add(monomials.at(scaled), v);
  }

  /** Keep |k_t| / scale_t ≤ 1, so that no sum exceeds n·max|v|: scales grow by powers of two, and sums follow. */
  function grow(): void {
    const [scales, largest] = [scaleRow.read(0), maxima.keys()];
    let grown = false;
    for (let t = 0; t < d; t++) {
      const old = scales[t];
      while (scales[t] < largest[t] && scales[t] < 2 ** 1000) scales[t] *= 2;
      scaled[t] = old / scales[t];
      grown ||= scaled[t] !== 1;
    }
    if (!grown) return;
    const factors = monomials.at(scaled);
    for (const each of sums) each.scale(factors);
  }

  function allocate(): void {
    for (const each of [...sums, maxima]) each.allocate();
    if (scaleRow.count > 0) return;
    scaleRow.resize(1);
    scaleRow.read(0).fill(1);
  }

  recent.onEvict((slot) => add(old, recent.keys.read(slot), recent.values.read(slot)));
  const saved = savedTogether({
    ...{ maxima, scales: savedRows({ row: scaleRow }), recent },
    ...(all === null ? {} : { all }),
    ...(old === null ? {} : { old }),
  });
  return {
    maxima,
    take(entry) {
      allocate();
      maxima.take(entry);
      grow();
      add(all, entry.k, entry.v);
      if (window > 0) recent.put(entry, () => recent.oldest());
      seen++;
    },
    scales: () => scaleRow.read(0),
    all: () => all?.matrix() ?? null,
    old: () => old?.matrix() ?? null,
    recent: () => recent.atoms(),
    kept: () => recent.kept(),
    seen: () => seen,
    snapshot: () => ({ ...saved.snapshot(), seen: [seen] }),
    restore(snapshot) {
      saved.restore(snapshot);
      seen = snapshot.seen[0];
    },
  };
}
