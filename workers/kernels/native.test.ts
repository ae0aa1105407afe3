import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { Rows } from '../../src/core/memory.js';
import { atoms, attention, matrix, type AttendJob, type Plan } from '../../src/core/plan.js';
import type { Answer } from '../../src/core/pool.js';
import { randomStream } from '../../src/core/random.js';
import { SharedArena } from '../arena.js';
import { kernelLadder } from '../choose-kernel.js';
import { inlinePool } from '../inline-pool.js';
import { loadNative, type InstructionSet } from './native.js';

const loaded = loadNative();
if ('why' in loaded) {
  if (process.env.CI) throw new Error(`native kernel: ${loaded.why}; in CI it must be tested`);
  console.warn(`native kernel: ${loaded.why}; its tests are skipped`);
}
const addon = 'addon' in loaded ? loaded.addon : null;
const sets = (['avx512', 'avx2', 'portable'] as const).filter((set) => addon?.choose(set));
afterAll(() => void addon?.choose(''));

interface Problem {
  readonly arena: SharedArena;
  readonly rows: (count: number, width: number, fill?: (i: number) => number) => Rows;
  readonly query: (d: number, size: number) => { offset: number; length: number };
}

function problem(seed: number): Problem {
  const arena = SharedArena.create('f32');
  const random = randomStream(seed, 'native');
  return {
    arena,
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

/** The same request answered by the native kernel and by the reference. */
async function both({ arena }: Problem, q: { offset: number; length: number }, plan: Plan, scale = 1) {
  const request = { q, d: q.length, scale, plan };
  const [native] = await inlinePool(arena, 'native').attend([request]);
  const [reference] = await inlinePool(arena).attend([request]);
  return { native, reference };
}

function agree({ native, reference }: { native: Answer; reference: Answer }, tolerance = 5e-6) {
  const largest = reference.output.reduce((max, x) => Math.max(max, Math.abs(x)), 0);
  native.output.forEach((x, j) =>
    expect(Math.abs(x - reference.output[j])).toBeLessThanOrEqual(tolerance * largest),
  );
  expect(native.pairs).toBe(reference.pairs);
  expect(native.flops).toBe(reference.flops);
  expect(Math.abs(native.lse - reference.lse)).toBeLessThan(2e-5 * Math.max(1, Math.abs(reference.lse)));
}

const size = fc.oneof(
  fc.integer({ min: 1, max: 400 }),
  fc.constantFrom(1, 2, 7, 8, 9, 15, 16, 17, 63, 64, 65, 127, 128, 129, 192, 256), // edges of tiles and blocks
);
const dimension = fc.oneof(
  fc.integer({ min: 1, max: 130 }),
  fc.constantFrom(1, 4, 8, 15, 16, 17, 31, 32, 33, 64, 255, 256),
);

describe.skipIf(sets.length === 0).each(sets.map((set) => ({ set })))('native $set (L8)', ({ set }) => {
  const use = (name: InstructionSet) => expect(addon?.choose(name)).toBe(name);

  it('answers a grid as the reference does: any d, any n, weights, roles, |scores| ≤ 20 (property)', async () => {
    use(set);
    await fc.assert(
      fc.asyncProperty(
        fc.nat(1e6),
        size,
        size,
        dimension,
        fc.boolean(),
        async (seed, n1, n2, d, weighted) => {
          const p = problem(seed);
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
    use(set);
    await fc.assert(
      fc.asyncProperty(fc.nat(1e6), fc.integer({ min: 1, max: 40 }), dimension, async (seed, n, d) => {
        const p = problem(seed);
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
    use(set);
    const p = problem(11);
    const v = p.rows(90, 8, (i) => i + 1);
    const large = await both(p, p.query(8, 4000), {
      jobs: [attention(atoms(p.rows(90, 8), v), atoms(p.rows(90, 8), v))],
    });
    expect(large.reference.maxScore).toBeGreaterThan(1e4);
    expect(Math.abs(large.native.maxScore / large.reference.maxScore - 1)).toBeLessThan(1e-6);
    agree(large, 2e-2); // float32 scores of 10⁴ are right to 1e-3, and so are the weights
    for (const fill of [() => 0, () => 1e-40, () => -1e-42]) {
      const keys = p.rows(70, 16, fill);
      agree(await both(p, p.query(16, 2), { jobs: [attention(atoms(keys, v16(p)), atoms(keys, v16(p)))] }));
    }
  });

  it.each([NaN, Infinity, 1e13, -1e13])(
    'answers NaN, not zeros or a mean, where scores are %f',
    async (score) => {
      use(set);
      const p = problem(4);
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
            const [answer] = await inlinePool(p.arena, 'native').attend([request]);
            expect([...answer.output, answer.lse]).toEqual([NaN, NaN, NaN, NaN, NaN]);
          }
        }
      }
    },
  );

  it('answers zeros where every weight is 0', async () => {
    use(set);
    const p = problem(5);
    const none = atoms(
      p.rows(70, 4),
      p.rows(70, 4),
      p.rows(70, 1, () => -Infinity),
    );
    for (const job of [attention(none, atoms(p.rows(3, 4), p.rows(3, 4))), attention(none, null)]) {
      const { native, reference } = await both(p, p.query(4, 1), { jobs: [job] });
      expect([...native.output, native.lse]).toEqual([0, 0, 0, 0, -Infinity]);
      expect([...reference.output, reference.lse]).toEqual([0, 0, 0, 0, -Infinity]);
    }
  });

  it('ignores what lies behind the last row (poisoned memory)', async () => {
    use(set);
    const p = problem(5);
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

  it('reads nothing beyond the memory when rows lie at its very end', async () => {
    use(set);
    const p = problem(6);
    const rest = p.arena.memory.buffer.byteLength - p.arena.reservedBytes - 65_536;
    const rows = 64; // one block, so that it ends where the memory's last usable byte is
    p.arena.allocBytes(rest - rows * 256 * 4 - 4096);
    const keys = p.rows(rows, 256);
    agree(await both(p, p.query(256, 1), { jobs: [attention(atoms(keys, keys), atoms(keys, keys))] }), 5e-5);
  });
});

const v16 = (p: Problem) => p.rows(70, 16, (i) => 1 + i);

describe('the ladder', () => {
  it('offers native where it works, and always the reference', async () => {
    const ladder = await kernelLadder();
    expect(ladder.map(({ name }) => name)).toEqual(['native', 'reference']);
    expect(ladder.at(-1)).toEqual({ name: 'reference', label: 'reference', refused: null });
    expect(ladder[0].refused === null).toBe(sets.length > 0);
    if (sets.length > 0) expect(ladder[0].label).toBe(`native ${sets[0]}`);
  });
});
