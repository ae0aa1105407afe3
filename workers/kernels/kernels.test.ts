import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Rows } from '../../src/core/memory.js';
import { atoms, attention, matrix, type Plan } from '../../src/core/plan.js';
import type { AttendRequest } from '../../src/core/pool.js';
import { randomStream } from '../../src/core/random.js';
import { SharedArena } from '../arena.js';
import { inlinePool } from '../inline-pool.js';
import { naiveAttention } from '../testing/naive.js';

const none = () => {};

function problem(seed: number, n1: number, n2: number, d: number, dtype: 'f32' | 'f64', size = 1) {
  const arena = SharedArena.create(dtype);
  const random = randomStream(seed, 'kernels');
  const rows = (count: number, width: number, factor = 1): Rows => {
    const made = arena.rows(width, none);
    for (let i = 0; i < count; i++)
      made.append(Array.from({ length: width }, () => factor * random.gaussian()));
    return made;
  };
  const q = arena.alloc(d);
  arena.view(q).set(Array.from({ length: d }, () => (size * random.gaussian()) / Math.sqrt(d)));
  const [k1, v1, k2, v2] = [rows(n1, d), rows(n1, d), rows(n2, d), rows(n2, d)];
  return { arena, q, d, k1, v1, k2, v2, w1: rows(n1, 1), w2: rows(n2, 1) };
}

const list = (rows: Rows) => Array.from({ length: rows.count }, (_, i) => rows.read(i));
const logs = (rows: Rows) => list(rows).map((row) => row[0]);
const ask = async (arena: SharedArena, request: AttendRequest) =>
  (await inlinePool(arena).attend([request]))[0];

function close(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number) {
  const largest = Array.from(expected).reduce((max, x) => Math.max(max, Math.abs(x)), 0);
  for (let i = 0; i < expected.length; i++) {
    expect(Math.abs(actual[i] - expected[i])).toBeLessThanOrEqual(tolerance * largest);
  }
}

const sizes = {
  n1: fc.integer({ min: 1, max: 140 }),
  n2: fc.integer({ min: 1, max: 140 }),
  d: fc.integer({ min: 1, max: 40 }),
};

describe('the reference kernel', () => {
  it('grid equals the definition, weights included (property, every tile edge)', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(1e6),
        sizes.n1,
        sizes.n2,
        sizes.d,
        fc.boolean(),
        async (seed, n1, n2, d, weighted) => {
          const p = problem(seed, n1, n2, d, 'f64', 4);
          const job = attention(
            atoms(p.k1, p.v1, weighted ? p.w1 : null),
            atoms(p.k2, p.v2, weighted ? p.w2 : null),
          );
          const answer = await ask(p.arena, { q: p.q, d, scale: 0.7, plan: { jobs: [job] } });
          const side = (k: Rows, v: Rows, w: Rows) => ({
            keys: list(k),
            values: list(v),
            ...(weighted ? { logWeights: logs(w) } : {}),
          });
          const naive = naiveAttention(
            p.arena.view(p.q),
            0.7,
            side(p.k1, p.v1, p.w1),
            side(p.k2, p.v2, p.w2),
          );
          close(answer.output, naive.output, 1e-11);
          expect(answer.lse).toBeCloseTo(naive.lse, 10);
          expect(answer.maxScore).toBeCloseTo(naive.maxScore, 10);
          expect(answer.scoreStd).toBeCloseTo(naive.scoreStd, 9);
          expect(answer.weightNorm / naive.weightNorm).toBeCloseTo(1, 10);
          expect(answer.pairs).toBe(n1 * n2);
          expect(answer.flops).toBe(4 * d * n1 * n2 + 3 * d * n1); // math.md 1.4
        },
      ),
      { numRuns: 60 },
    );
  });

  it('rows over the products, built by product jobs, equal the grid', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(1e6), fc.integer({ min: 1, max: 45 }), sizes.d, async (seed, n, d) => {
        const p = problem(seed, n, n, d, 'f64');
        const [keys, values] = [p.arena.rows(d, none), p.arena.rows(d, none)];
        keys.resize(n * n);
        values.resize(n * n);
        const plan: Plan = {
          prepare: [
            { kind: 'product', a: matrix(p.k1), b: matrix(p.k2), into: matrix(keys) },
            { kind: 'product', a: matrix(p.v1), b: matrix(p.v2), into: matrix(values) },
          ],
          jobs: [attention(atoms(keys, values), null)],
        };
        const request = { q: p.q, d, scale: 1 };
        const built = await ask(p.arena, { ...request, plan });
        const fused = { jobs: [attention(atoms(p.k1, p.v1), atoms(p.k2, p.v2))] };
        close(built.output, (await ask(p.arena, { ...request, plan: fused })).output, 1e-12);
        expect(built.flops).toBe(2 * n * n * d + 4 * n * n * d);
      }),
      { numRuns: 25 },
    );
  });

  it('numerator and denominator from different jobs give the same as both from one', async () => {
    const p = problem(3, 70, 90, 7, 'f64', 5);
    const [one, two] = [atoms(p.k1, p.v1), atoms(p.k2, p.v2)];
    const request = { q: p.q, d: 7, scale: 1 };
    const whole = await ask(p.arena, { ...request, plan: { jobs: [attention(one, two)] } });
    const parts = await ask(p.arena, {
      ...request,
      plan: { jobs: [attention(one, two, 'numerator', 2.5), attention(one, two, 'denominator', 2.5)] },
    });
    close(parts.output, whole.output, 1e-13);
    expect(parts.lse).toBeCloseTo(whole.lse + 2.5, 12);
    expect(parts.flops).toBe(4 * 7 * 6300 + 3 * 7 * 70 + 2 * 7 * 6300 + 7 * 70);
  });

  it('does not overflow at scores of ±10⁴, and gives the single heaviest pair', async () => {
    const p = problem(5, 40, 40, 8, 'f64', 3000);
    const answer = await ask(p.arena, {
      q: p.q,
      d: 8,
      scale: 1,
      plan: { jobs: [attention(atoms(p.k1, p.v1), atoms(p.k2, p.v2))] },
    });
    const naive = naiveAttention(
      p.arena.view(p.q),
      1,
      { keys: list(p.k1), values: list(p.v1) },
      { keys: list(p.k2), values: list(p.v2) },
    );
    expect(naive.maxScore).toBeGreaterThan(1e4);
    close(answer.output, naive.output, 1e-10);
  });

  it('measures deviations that are small against the mean', async () => {
    const p = problem(6, 150, 130, 3, 'f64');
    const far = (rows: Rows, value: number) =>
      list(rows).forEach((row, i) => rows.write(i, [value, ...Array.from(row).slice(1)]));
    far(p.k1, 1e6);
    far(p.k2, 1);
    p.arena.view(p.q).set([1, 1, 0]); // scores 1e6 + normal · normal
    const plans = [attention(atoms(p.k1, p.v1), atoms(p.k2, p.v2)), attention(atoms(p.k1, p.v1), null)];
    const one = { keys: list(p.k1), values: list(p.v1) };
    const ones = { keys: [Float64Array.of(1, 1, 1)], values: [Float64Array.of(1, 1, 1)] };
    for (const [i, two] of [{ keys: list(p.k2), values: list(p.v2) }, ones].entries()) {
      const answer = await ask(p.arena, { q: p.q, d: 3, scale: 1, plan: { jobs: [plans[i]] } });
      const { scoreStd } = naiveAttention(p.arena.view(p.q), 1, one, two);
      expect(scoreStd).toBeGreaterThan(0.8);
      expect(Math.abs(answer.scoreStd / scoreStd - 1)).toBeLessThan(1e-9);
      expect(Math.abs(answer.scoreMean / 1e6 - 1)).toBeLessThan(1e-6);
    }
  });

  it.each([
    ['every score is NaN', NaN, [0, 1, 2]],
    ['one score is NaN', NaN, [1]],
    ['one score is infinite', Infinity, [69]],
  ])('answers NaN, not zeros, where %s', async (_, value, rows) => {
    const p = problem(8, 70, 3, 4, 'f64');
    for (const i of rows.length > 1 ? Array.from({ length: 70 }, (_, a) => a) : rows)
      p.k1.write(i, [value, 0, 0, 0]);
    p.arena.view(p.q).fill(1);
    for (let b = 0; b < 3; b++) p.k2.write(b, [1, 1, 1, 1]);
    const [one, two] = [atoms(p.k1, p.v1), atoms(p.k2, p.v2)];
    for (const jobs of [[attention(one, two)], [attention(one, null)]]) {
      const answer = await ask(p.arena, { q: p.q, d: 4, scale: 1, plan: { jobs } });
      expect([...answer.output]).toEqual([NaN, NaN, NaN, NaN]);
      expect([answer.lse, answer.scoreStd]).toEqual([NaN, NaN]);
    }
  });

  it('answers zeros when there is nothing to attend to, and ignores atoms of weight 0', async () => {
    const empty = problem(1, 0, 5, 4, 'f32');
    const none = { jobs: [attention(atoms(empty.k1, empty.v1), atoms(empty.k2, empty.v2))] };
    expect([...(await ask(empty.arena, { q: empty.q, d: 4, scale: 1, plan: none })).output]).toEqual([
      0, 0, 0, 0,
    ]);

    const p = problem(2, 3, 1, 4, 'f64');
    for (let i = 0; i < 3; i++) p.w1.write(i, [i === 1 ? 0 : -Infinity]);
    const one = { jobs: [attention(atoms(p.k1, p.v1, p.w1), null)] };
    close((await ask(p.arena, { q: p.q, d: 4, scale: 1, plan: one })).output, p.v1.read(1), 1e-15);
  });

  it('keeps float32 storage within 1e-6 of float64', async () => {
    const p = problem(9, 300, 300, 64, 'f32', 3);
    const answer = await ask(p.arena, {
      q: p.q,
      d: 64,
      scale: 1,
      plan: { jobs: [attention(atoms(p.k1, p.v1), atoms(p.k2, p.v2))] },
    });
    const naive = naiveAttention(
      p.arena.view(p.q),
      1,
      { keys: list(p.k1), values: list(p.v1) },
      { keys: list(p.k2), values: list(p.v2) },
    );
    close(answer.output, naive.output, 1e-11); // the storage is the same: only the order of sums differs
  });
});
