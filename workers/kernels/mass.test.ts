import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { Rows } from '../../src/core/memory.js';
import { atoms, attention, marginals } from '../../src/core/plan.js';
import { randomStream } from '../../src/core/random.js';
import { SharedArena } from '../arena.js';
import { inlinePool } from '../inline-pool.js';
import { naiveAttention } from '../testing/naive.js';
import { loadNative } from './native.js';

const loaded = loadNative(); // native.test.ts says when it is missing, and fails in CI
const addon = 'addon' in loaded ? loaded.addon : null;
const sets = (['avx512', 'avx2', 'portable'] as const).filter((set) => addon?.choose(set));
afterAll(() => void addon?.choose(''));

const size = fc.oneof(fc.integer({ min: 1, max: 140 }), fc.constantFrom(1, 4, 63, 64, 65, 128));

function problem(seed: number, n1: number, n2: number, d: number, dtype: 'f32' | 'f64' = 'f64') {
  const arena = SharedArena.create(dtype);
  const random = randomStream(seed, 'mass');
  const rows = (count: number, width: number) => {
    const made = arena.rows(width, () => {});
    for (let i = 0; i < count; i++) made.append(Array.from({ length: width }, () => random.gaussian()));
    return made;
  };
  const q = arena.alloc(d);
  arena.view(q).set(Array.from({ length: d }, () => (4 * random.gaussian()) / Math.sqrt(d)));
  const side = (n: number) => ({ keys: rows(n, d), values: rows(n, d), weights: rows(n, 1) });
  return { arena, q, one: side(n1), two: side(n2), into1: rows(0, 1), into2: rows(0, 1) };
}

const list = (rows: Rows) => Array.from({ length: rows.count }, (_, i) => rows.read(i));
type Side = ReturnType<typeof problem>['one'];
const naiveSide = ({ keys, values, weights }: Side) => ({
  keys: list(keys),
  values: list(values),
  logWeights: list(weights).map(([w]) => w),
});

describe('mass jobs', () => {
  it('leave ln Σ_b e^s of every atom of both sides, in the same call as the answer (property)', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(1e6), size, size, fc.integer({ min: 1, max: 33 }), async (seed, n1, n2, d) => {
        const { arena, q, one, two, into1, into2 } = problem(seed, n1, n2, d);
        const [side1, side2] = [one, two].map((s) => atoms(s.keys, s.values, s.weights));
        const plan = { jobs: [attention(side1, side2)], measure: marginals(side1, side2, into1, into2) };
        const [answer] = await inlinePool(arena).attend([{ q, d, scale: 0.7, plan }]);
        const [first, second] = [
          naiveAttention(arena.view(q), 0.7, naiveSide(one), naiveSide(two)),
          naiveAttention(arena.view(q), 0.7, naiveSide(two), naiveSide(one)),
        ];
        first.mass.forEach((mass, a) => expect(into1.read(a)[0]).toBeCloseTo(mass, 10));
        second.mass.forEach((mass, b) => expect(into2.read(b)[0]).toBeCloseTo(mass, 10));
        const total = list(into1).reduce((sum, [mass]) => sum + Math.exp(mass - answer.lse), 0);
        expect(total).toBeCloseTo(1, 10); // marginals of the softmax
        expect(answer.pairs).toBe(n1 * n2);
        expect(answer.flops).toBe((4 + 2 + 2) * d * n1 * n2 + (3 + 1) * d * n1 + d * n2);
      }),
      { numRuns: 40 },
    );
  });

  it('leave the scores themselves in matrix order', async () => {
    const { arena, q, one, into1 } = problem(5, 70, 1, 6);
    const side = atoms(one.keys, one.values);
    const plan = { jobs: [attention(side, null)], measure: marginals(side, null, into1, null) };
    await inlinePool(arena).attend([{ q, d: 6, scale: 2, plan }]);
    list(one.keys).forEach((key, a) => {
      const query = arena.view(q);
      let score = 0;
      for (let t = 0; t < 6; t++) score += 2 * query[t] * key[t];
      expect(into1.read(a)[0]).toBeCloseTo(score, 12);
    });
  });
});

describe.skipIf(sets.length === 0).each(sets.map((set) => ({ set })))(
  'mass jobs by native $set (L8)',
  ({ set }) => {
    it.each([true, false])(
      'equal the reference to float32, any d and n (property, paired: %s)',
      async (paired) => {
        expect(addon?.choose(set)).toBe(set);
        await fc.assert(
          fc.asyncProperty(
            fc.nat(1e6),
            size,
            size,
            fc.integer({ min: 1, max: 130 }),
            async (seed, n1, n2, d) => {
              const { arena, q, one, two, into1, into2 } = problem(seed, n1, n2, d, 'f32');
              const side1 = atoms(one.keys, one.values, one.weights);
              const side2 = paired ? atoms(two.keys, two.values, seed % 2 ? two.weights : null) : null;
              const request = (precise: boolean) => ({
                ...{ q, d, scale: 0.7, precise },
                plan: { jobs: [attention(side1, side2)], measure: marginals(side1, side2, into1, into2) },
              });
              await inlinePool(arena).attend([request(true)]);
              const expected = [into1, into2].map((rows) => list(rows).map(([mass]) => mass));
              for (const rows of [into1, into2]) for (let i = 0; i < rows.count; i++) rows.write(i, [NaN]);
              const [native] = await inlinePool(arena, 'native').attend([request(false)]);
              const [reference] = await inlinePool(arena).attend([request(false)]);
              expect(native.flops).toBe(reference.flops);
              await inlinePool(arena, 'native').attend([request(false)]);
              [into1, into2].forEach((rows, side) =>
                list(rows).forEach(([mass], i) =>
                  expect(Math.abs(mass - expected[side][i])).toBeLessThan(2e-5),
                ),
              );
            },
          ),
          { numRuns: 40 },
        );
      },
    );

    it('is NaN for a row whose key is, and -∞ for one whose pairs all have weight 0', async () => {
      expect(addon?.choose(set)).toBe(set);
      const { arena, q, one, two, into1 } = problem(3, 70, 70, 8, 'f32');
      one.keys.write(66, new Array<number>(8).fill(NaN));
      one.weights.write(3, [-Infinity]);
      const side1 = atoms(one.keys, one.values, one.weights);
      const side2 = atoms(two.keys, two.values);
      const plan = { jobs: [attention(side2, side1)], measure: marginals(side1, side2, into1, null) };
      for (const kernel of ['native', 'reference'] as const) {
        await inlinePool(arena, kernel).attend([{ q, d: 8, scale: 1, plan }]);
        expect(into1.read(66)[0]).toBeNaN();
        expect(into1.read(3)[0]).toBe(-Infinity);
        expect(Number.isFinite(into1.read(65)[0])).toBe(true);
      }
    });
  },
);
