import fc from 'fast-check';
import { beforeEach, expect, it } from 'vitest';
import type { Rows } from '../../src/core/memory.js';
import { atoms, attention, matrix, type AttendJob, type Plan } from '../../src/core/plan.js';
import type { Answer, AttentionPool } from '../../src/core/pool.js';
import { randomStream } from '../../src/core/random.js';
import { SharedArena } from '../arena.js';
import { inlinePool } from '../inline-pool.js';

/** A pool with the kernel under test. */
export type OpenPool = (arena: SharedArena) => AttentionPool;

interface Problem {
  readonly arena: SharedArena;
  readonly fast: AttentionPool;
  readonly reference: AttentionPool;
  readonly rows: (count: number, width: number, fill?: (i: number) => number) => Rows;
  readonly query: (d: number, size: number) => { offset: number; length: number };
}

function problem(open: OpenPool, seed: number): Problem {
  const arena = SharedArena.create('f32');
  const random = randomStream(seed, 'fast kernel');
  return {
    arena,
    fast: open(arena),
    reference: inlinePool(arena),
    rows(count, width, fill = () => random.gaussian()) {
      const made = arena.rows(width, () => {});
      for (let i = 0; i < count; i++) made.append(Array.from({ length: width }, () => fill(i)));
      return made;
    },
    query(d, size) {
      const q = arena.alloc(d);
      arena.view(q).set(Array.from({ length: d }, () => (size * random.gaussian()) / Math.sqrt(d)));
      return q;
    },
  };
}

/** The same request answered by the kernel under test and by the reference. */
async function both(p: Problem, q: { offset: number; length: number }, plan: Plan, scale = 1) {
  const request = { q, d: q.length, scale, plan };
  const [fast] = await p.fast.attend([request]);
  const [reference] = await p.reference.attend([request]);
  return { fast, reference };
}

function agree({ fast, reference }: { fast: Answer; reference: Answer }, tolerance = 5e-6) {
  const largest = reference.output.reduce((max, x) => Math.max(max, Math.abs(x)), 0);
  fast.output.forEach((x, j) =>
    expect(Math.abs(x - reference.output[j])).toBeLessThanOrEqual(tolerance * largest),
  );
  expect(fast.pairs).toBe(reference.pairs);
  expect(fast.flops).toBe(reference.flops);
  expect(Math.abs(fast.lse - reference.lse)).toBeLessThan(2e-5 * Math.max(1, Math.abs(reference.lse)));
}

const size = fc.oneof(
  fc.integer({ min: 1, max: 400 }),
  fc.constantFrom(1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 31, 32, 33, 47, 48, 49), // edges of tiles
  fc.constantFrom(63, 64, 65, 66, 67, 95, 96, 97, 127, 128, 129, 131, 132, 133, 192, 256), // and of blocks
);
const dimension = fc.oneof(
  fc.integer({ min: 1, max: 130 }),
  fc.constantFrom(1, 4, 8, 15, 16, 17, 31, 32, 33, 64, 255, 256),
);

/** What every fast kernel must do (law L8). `use` chooses it before each test. */
export function kernelSuite(open: OpenPool, use: () => void = () => {}): void {
  beforeEach(use);

  it('answers a grid as the reference does: any d, any n, weights, roles, |scores| ≤ 20 (property)', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(1e6),
        size,
        size,
        dimension,
        fc.boolean(),
        async (seed, n1, n2, d, weighted) => {
          const p = problem(open, seed);
          const mean = (i: number) => 1.5 + Math.sin(i * 37.7 + seed); // at least 0.5: outputs stay away from 0
          const side = (n: number) => atoms(p.rows(n, d), p.rows(n, d, mean), weighted ? p.rows(n, 1) : null);
          const [one, two] = [side(n1), side(n2)];
          const q = p.query(d, 4);
          agree(await both(p, q, { jobs: [attention(one, two, 'both', weighted ? -0.7 : 0)] }, 0.9));
          const split: AttendJob[] = [
            attention(one, two, 'numerator', 0.3),
            attention(one, two, 'denominator', 0.3),
          ];
          agree(await both(p, q, { jobs: split }));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('answers materialised rows, and builds them, as the reference does (property)', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(1e6), fc.integer({ min: 1, max: 40 }), dimension, async (seed, n, d) => {
        const p = problem(open, seed);
        const [k1, k2] = [p.rows(n, d), p.rows(n, d)];
        const [v1, v2] = [p.rows(n, d, (i) => 1 + (i % 3)), p.rows(n, d, (i) => 2 + (i % 5))];
        const [keys, values, logs] = [p.rows(0, d), p.rows(0, d), p.rows(n * n, 1)];
        keys.resize(n * n);
        values.resize(n * n);
        const prepare = [
          { kind: 'product', a: matrix(k1), b: matrix(k2), into: matrix(keys) },
          { kind: 'product', a: matrix(v1), b: matrix(v2), into: matrix(values) },
        ] as const;
        const q = p.query(d, 3);
        agree(await both(p, q, { prepare, jobs: [attention(atoms(keys, values), null)] }));
        agree(await both(p, q, { jobs: [attention(atoms(keys, values, logs), null, 'both', 1.5)] }));
      }),
      { numRuns: 30 },
    );
  });

  it('neither overflows nor loses the heaviest pair at scores of ±10⁴, and takes zeros and denormals', async () => {
    const p = problem(open, 11);
    const v = p.rows(90, 8, (i) => i + 1);
    const large = await both(p, p.query(8, 4000), {
      jobs: [attention(atoms(p.rows(90, 8), v), atoms(p.rows(90, 8), v))],
    });
    expect(large.reference.maxScore).toBeGreaterThan(1e4);
    expect(Math.abs(large.fast.maxScore / large.reference.maxScore - 1)).toBeLessThan(1e-6);
    agree(large, 2e-2); // float32 scores of 10⁴ are right to 1e-3, and so are the weights
    for (const fill of [() => 0, () => 1e-40, () => -1e-42]) {
      const keys = p.rows(70, 16, fill);
      agree(await both(p, p.query(16, 2), { jobs: [attention(atoms(keys, v16(p)), atoms(keys, v16(p)))] }));
    }
  });

  it.each([NaN, Infinity, 1e13, -1e13])(
    'answers NaN, not zeros or a mean, where scores are %f',
    async (score) => {
      const p = problem(open, 4);
      const [bad, good] = [p.rows(70, 4, () => score), p.rows(70, 4)];
      const mixed = p.rows(70, 4, (i) => (i === 66 ? score : 1));
      const ones = p.rows(3, 4, () => 1);
      const q = p.arena.alloc(4);
      p.arena.view(q).fill(1);
      const logs = p.rows(70, 1);
      for (const keys of score < 0 ? [bad] : [bad, mixed]) {
        for (const weights of [null, logs]) {
          if (score < 0 && weights !== null) continue; // a weight may be 0, a score of −infinity may not
          const atoms1 = atoms(keys, good, weights);
          for (const job of [attention(atoms1, atoms(ones, ones)), attention(atoms1, null)]) {
            const request = { q, d: 4, scale: 1, plan: { jobs: [job] } };
            const [answer] = await p.fast.attend([request]);
            expect([...answer.output, answer.lse]).toEqual([NaN, NaN, NaN, NaN, NaN]);
          }
        }
      }
    },
  );

  it('keeps NaN whatever its bits are', async () => {
    const p = problem(open, 3);
    const row = (value: number) => p.rows(40, 4, () => value);
    const [keys, q] = [row(1), p.arena.alloc(4)];
    const [{ offset }] = keys.spans();
    p.arena.view(q).fill(1);
    for (const bits of [0x7fc00001, 0x7fc000ff, 0xffc00155]) {
      new Uint32Array(p.arena.memory.buffer, offset + 20 * 16, 1)[0] = bits; // a row that the maximum passes over
      for (const two of [atoms(row(1), row(1)), null]) {
        const plan = { jobs: [attention(atoms(keys, row(2)), two)] };
        const [answer] = await p.fast.attend([{ q, d: 4, scale: 1, plan }]);
        expect([...answer.output, answer.lse]).toEqual([NaN, NaN, NaN, NaN, NaN]);
      }
    }
  });

  it('answers zeros where every weight is 0', async () => {
    const p = problem(open, 5);
    const none = atoms(
      p.rows(70, 4),
      p.rows(70, 4),
      p.rows(70, 1, () => -Infinity),
    );
    for (const job of [attention(none, atoms(p.rows(3, 4), p.rows(3, 4))), attention(none, null)]) {
      const { fast, reference } = await both(p, p.query(4, 1), { jobs: [job] });
      expect([...fast.output, fast.lse]).toEqual([0, 0, 0, 0, -Infinity]);
      expect([...reference.output, reference.lse]).toEqual([0, 0, 0, 0, -Infinity]);
    }
  });

  it('ignores what lies behind the last row (poisoned memory)', async () => {
    const p = problem(open, 5);
    for (const n of [1, 3, 61, 64, 66]) {
      const made = [0, 1, 2, 3].map(() => p.rows(n + 9, 20, (i) => (i < n ? 0.1 * (i + 1) : NaN)));
      for (const rows of made) rows.resize(n);
      agree(
        await both(p, p.query(20, 1), {
          jobs: [attention(atoms(made[0], made[1]), atoms(made[2], made[3]))],
        }),
      );
    }
  });

  it('gives weights of 0 no say, whatever their values are, next to others', async () => {
    const p = problem(open, 7);
    const large = (i: number) => (i % 3 === 0 ? 1e30 : 1 + (i % 5));
    const logs = p.rows(90, 1, (i) => (i % 3 === 0 ? -Infinity : 0.1 * i));
    const side = atoms(p.rows(90, 12), p.rows(90, 12, large), logs);
    const other = atoms(
      p.rows(20, 12),
      p.rows(20, 12, () => 1),
    );
    for (const job of [attention(side, other), attention(other, side), attention(side, null)]) {
      agree(await both(p, p.query(12, 2), { jobs: [job] }));
    }
  });

  it('shares the answer equally between keys that repeat', async () => {
    const p = problem(open, 8);
    const keys = p.rows(133, 24, () => 0.25);
    const values = p.rows(133, 24, (i) => i + 1);
    const ones = atoms(
      p.rows(67, 24, () => 0.5),
      p.rows(67, 24, () => 1),
    );
    for (const job of [attention(atoms(keys, values), ones), attention(ones, atoms(keys, values))]) {
      const { fast } = await both(p, p.query(24, 3), { jobs: [job] });
      for (const x of fast.output) expect(Math.abs(x / 67 - 1)).toBeLessThan(5e-6); // the mean of 1 … 133
    }
  });

  it('reads nothing beyond the memory when rows lie at its very end', async () => {
    const p = problem(open, 6);
    const q = p.query(256, 1);
    const small = p.rows(64, 256);
    await both(p, q, { jobs: [attention(atoms(small, small), atoms(small, small))] }); // pools have what they need
    const { length } = new Uint8Array(p.arena.memory.buffer);
    const usable = length - 65_536; // the arena keeps that much for whole vectors
    const bytes = 64 * 256 * 4; // one block of rows
    p.arena.allocBytes(usable - p.arena.reservedBytes - bytes);
    const keys = p.rows(64, 256);
    expect(p.arena.reservedBytes).toBe(usable);
    new Uint8Array(p.arena.memory.buffer).fill(0xff, usable); // NaN
    agree(await both(p, q, { jobs: [attention(atoms(keys, keys), atoms(keys, keys))] }), 5e-5);
    agree(await both(p, q, { jobs: [attention(atoms(keys, keys), null)] }), 5e-5);
    expect(new Uint8Array(p.arena.memory.buffer).length).toBe(length);
  });
}

const v16 = (p: Problem) => p.rows(70, 16, (i) => 1 + i);
