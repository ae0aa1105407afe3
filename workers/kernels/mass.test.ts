import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Rows } from '../../src/core/memory.js';
import { atoms, attention, marginals } from '../../src/core/plan.js';
import { randomStream } from '../../src/core/random.js';
import { SharedArena } from '../arena.js';
import { inlinePool } from '../inline-pool.js';
import { naiveAttention } from '../testing/naive.js';

const size = fc.oneof(fc.integer({ min: 1, max: 140 }), fc.constantFrom(1, 4, 63, 64, 65, 128));

function problem(seed: number, n1: number, n2: number, d: number) {
  const arena = SharedArena.create('f64');
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
      const score = arena.view(q).reduce((sum, x, t) => sum + 2 * x * key[t], 0);
      expect(into1.read(a)[0]).toBeCloseTo(score, 12);
    });
  });
});
