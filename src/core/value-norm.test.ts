import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomStream } from './random.js';
import { valueNorm } from './value-norm.js';

/** σ_max of the n² × d products by power iteration on the products themselves, from many starts. */
function directNorm(products: readonly Float64Array[], d: number): number {
  const random = randomStream(1, 'norm');
  let best = 0;
  for (let start = 0; start < 4; start++) {
    let x = Float64Array.from({ length: d }, () => random.gaussian());
    for (let i = 0; i < 400; i++) {
      const images = products.map((row) => row.reduce((sum, v, j) => sum + v * x[j], 0));
      const next = x.map((_, j) => products.reduce((sum, row, r) => sum + row[j] * images[r], 0));
      const length = Math.hypot(...next);
      if (length === 0) break;
      best = Math.max(best, Math.hypot(...images) / Math.hypot(...x));
      x = next.map((v) => v / length);
    }
  }
  return best;
}

describe('valueNorm', () => {
  it('is ‖V1 ⊘ V2‖₂ after every token, in both orders (property, math.md 1.6)', () => {
    fc.assert(
      fc.property(fc.nat(1e6), fc.integer({ min: 1, max: 6 }), fc.boolean(), (seed, d, paired) => {
        const random = randomStream(seed, 'values');
        const row = () => Float64Array.from({ length: d }, () => random.gaussian());
        const values = valueNorm(d);
        const kept: { v1: Float64Array; v2: Float64Array | null }[] = [];
        for (let n = 1; n <= 5; n++) {
          kept.push({ v1: row(), v2: paired ? row() : null });
          values.push(kept[n - 1].v1, kept[n - 1].v2);
          const products = kept.flatMap(({ v1 }) =>
            paired ? kept.map(({ v2 }) => v1.map((x, j) => x * v2![j])) : [v1],
          );
          expect(values.norm() / directNorm(products, d)).toBeCloseTo(1, 4);
          expect(values.norm()).toBe(values.norm());
        }
      }),
      { numRuns: 40 },
    );
  });

  it('finds a direction orthogonal to its start, and is 0 for zeros', () => {
    const values = valueNorm(2);
    expect(values.norm()).toBe(0);
    values.push(Float64Array.of(0, 0), null);
    expect(values.norm()).toBe(0);
    values.push(Float64Array.of(3, -3), null);
    expect(values.norm()).toBeCloseTo(Math.sqrt(18), 9);
  });
});
