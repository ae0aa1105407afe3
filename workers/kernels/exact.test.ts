import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { atoms, attention } from '../../src/core/plan.js';
import type { AttendRequest } from '../../src/core/pool.js';
import { randomStream } from '../../src/core/random.js';
import { SharedArena } from '../arena.js';
import { inlinePool } from '../inline-pool.js';
import { loadNative } from './native.js';

const loaded = loadNative(); // native.test.ts says when it is missing, and fails in CI
const addon = 'addon' in loaded ? loaded.addon : null;
const sets = (['avx512', 'avx2', 'portable'] as const).filter((set) => addon?.choose(set));

/** A precise request over seeded rows; keys around `mean`, so that scores can be far from 0. */
function precise(
  seed: number,
  n1: number,
  n2: number,
  d: number,
  mean = 0,
): { arena: SharedArena; request: AttendRequest } {
  const arena = SharedArena.create('f32');
  const random = randomStream(seed, 'exact');
  const rows = (count: number, around: number) => {
    const made = arena.rows(d, () => {});
    for (let i = 0; i < count; i++) made.append(Array.from({ length: d }, () => around + random.gaussian()));
    return made;
  };
  const q = arena.alloc(d);
  arena.view(q).set(Array.from({ length: d }, () => mean + (4 * random.gaussian()) / Math.sqrt(d)));
  const jobs = [attention(atoms(rows(n1, mean), rows(n1, 1)), atoms(rows(n2, mean), rows(n2, 1)))];
  return { arena, request: { q, d, scale: 0.8, plan: { jobs }, precise: true } };
}

const size = fc.oneof(
  fc.integer({ min: 1, max: 200 }),
  fc.constantFrom(1, 7, 8, 31, 32, 33, 63, 64, 65, 128, 129),
);

describe.skipIf(sets.length === 0).each(sets.map((set) => ({ set })))(
  'exact answers by native $set (L8)',
  ({ set }) => {
    const use = () => expect(addon?.choose(set)).toBe(set);

    it('equal the reference to 1e-12, measured scores included (property)', async () => {
      use();
      await fc.assert(
        fc.asyncProperty(
          fc.nat(1e6),
          size,
          size,
          fc.integer({ min: 1, max: 140 }),
          async (seed, n1, n2, d) => {
            const { arena, request } = precise(seed, n1, n2, d);
            const [native] = await inlinePool(arena, 'native').attend([request]);
            const [reference] = await inlinePool(arena).attend([request]);
            const largest = reference.output.reduce((max, x) => Math.max(max, Math.abs(x)), 0);
            native.output.forEach((x, j) =>
              expect(Math.abs(x - reference.output[j])).toBeLessThanOrEqual(1e-12 * largest),
            );
            const scale = Math.max(1, Math.abs(reference.maxScore));
            for (const key of ['lse', 'maxScore', 'scoreMean', 'scoreStd', 'weightNorm'] as const) {
              expect(Math.abs(native[key] - reference[key]), key).toBeLessThanOrEqual(1e-12 * scale);
            }
            expect([native.pairs, native.flops]).toEqual([reference.pairs, reference.flops]);
          },
        ),
        { numRuns: 40 },
      );
    });

    it('measure a small deviation around a large mean, and do not overflow at scores of 10⁴', async () => {
      use();
      const { arena, request } = precise(3, 70, 90, 16, 8);
      const [native] = await inlinePool(arena, 'native').attend([request]);
      const [reference] = await inlinePool(arena).attend([request]);
      expect(Math.abs(reference.scoreMean)).toBeGreaterThan(5000);
      expect(native.scoreStd / reference.scoreStd - 1).toBeCloseTo(0, 10);
      expect(native.lse / reference.lse - 1).toBeCloseTo(0, 13);
      native.output.forEach((x, j) => expect(x / reference.output[j]).toBeCloseTo(1, 8));
    });

    it('are NaN when a key is, never zeros that look exact', async () => {
      use();
      const { arena, request } = precise(4, 40, 40, 8);
      const [job] = request.plan.jobs;
      if (job.kind !== 'grid') throw new RangeError('a grid was asked for');
      arena.view({ offset: job.side2.keys.spans[0].offset + 4 * 8 * 21, length: 1 })[0] = NaN;
      const [native] = await inlinePool(arena, 'native').attend([request]);
      expect(native.output.every(Number.isNaN)).toBe(true);
      expect(native.lse).toBeNaN();
    });
  },
);
