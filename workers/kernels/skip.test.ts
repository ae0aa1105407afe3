import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { Rows } from '../../src/core/memory.js';
import { atoms, attention, matrix, SKIP_BLOCK, skipping, type Plan } from '../../src/core/plan.js';
import type { Answer } from '../../src/core/pool.js';
import { randomStream } from '../../src/core/random.js';
import { SharedArena } from '../arena.js';
import { inlinePool } from '../inline-pool.js';
import { createPool } from '../pool.js';
import type { KernelName } from './kernel.js';
import { loadNative } from './native.js';

const loaded = loadNative();
const addon = 'addon' in loaded ? loaded.addon : null;
if (addon === null && process.env.CI) throw new Error('the native kernel must be tested in CI');
const sets = (['avx512', 'avx2', 'portable'] as const).filter((set) => addon?.choose(set));
afterAll(() => void addon?.choose(''));
const kernels: readonly { kernel: KernelName; set: (typeof sets)[number] | null }[] = [
  { kernel: 'reference', set: null },
  { kernel: 'wasm', set: null },
  ...sets.map((set) => ({ kernel: 'native' as const, set })),
];

const ETA = 0.01;

/** A stream with keys of size `size`, a query, and how many keys of each side stand out as one needle each. */
function problem(seed: number, n1: number, n2: number, d: number, needles: number, size: number) {
  const arena = SharedArena.create('f32');
  const random = randomStream(seed, 'skip');
  const rows = (count: number, mean = 0): Rows => {
    const made = arena.rows(d, () => {});
    for (let i = 0; i < count; i++) made.append(Array.from({ length: d }, () => mean + random.gaussian()));
    return made;
  };
  const q = arena.alloc(d);
  arena.view(q).set(Array.from({ length: d }, () => (size * random.gaussian()) / Math.sqrt(d)));
  const [k1, k2, v1, v2] = [rows(n1), rows(n2), rows(n1, 2), rows(n2, 2)];
  for (let i = 0; i < needles; i++) {
    k1.write(random.below(n1), arena.view(q).map((x) => 4 * Math.sign(x))); // prettier-ignore
    k2.write(random.below(n2), new Float32Array(d).fill(4));
  }
  return { arena, q, d, k1, k2, v1, v2 };
}
type Problem = ReturnType<typeof problem>;

/** Smallest and largest coordinates of each block, by definition. */
function blocks(arena: SharedArena, keys: Rows) {
  const [lo, hi] = [arena.rows(keys.width, () => {}), arena.rows(keys.width, () => {})];
  for (let start = 0; start < keys.count; start += SKIP_BLOCK) {
    const block = Array.from({ length: Math.min(SKIP_BLOCK, keys.count - start) }, (_, i) =>
      keys.read(start + i),
    );
    const each = (pick: (...x: number[]) => number) =>
      Array.from({ length: keys.width }, (_, t) => pick(...block.map((key) => key[t])));
    lo.append(each(Math.min));
    hi.append(each(Math.max));
  }
  return { lo: matrix(lo), hi: matrix(hi) };
}

function skippingPlan({ arena, k1, k2, v1, v2 }: Problem, paired: boolean, eta = ETA): Plan {
  const blocks1 = blocks(arena, k1);
  const blocks2 = paired ? blocks(arena, k2) : null;
  const [bounds, found] = [arena.rows(1, () => {}), arena.rows(1, () => {})];
  bounds.resize(blocks1.lo.count * (blocks2?.lo.count ?? 1));
  found.resize(blocks1.lo.count);
  const tau = Math.log((k1.count * (paired ? k2.count : 1)) / eta);
  const skip = { tau, blocks1, blocks2, bounds: matrix(bounds), found: matrix(found) };
  return skipping(atoms(k1, v1), paired ? atoms(k2, v2) : null, skip);
}

const everything = ({ k1, k2, v1, v2 }: Problem, paired: boolean): Plan => ({
  jobs: [attention(atoms(k1, v1), paired ? atoms(k2, v2) : null)],
});

async function ask(
  { arena, q, d }: Problem,
  plan: Plan,
  kernel: KernelName = 'reference',
  scale = 1,
): Promise<Answer> {
  return (await inlinePool(arena, kernel).attend([{ q, d, scale, plan }]))[0];
}

/** Operations of the bounds of 260 × 200 keys with d = 16: 5 × 4 block pairs, and the scores of one of them, at most. */
const boundsFlops = (paired: boolean) =>
  (5 * (5 * (paired ? 4 : 1) + 2) + 64 * (2 * (paired ? 64 : 1) + 1)) * 16;

/** Largest ‖v1_a * v2_b‖₂, at most. */
const valueSize = ({ v1, v2 }: Problem, paired: boolean) => largestNorm(v1) * (paired ? largestNorm(v2) : 1);
const largestNorm = (rows: Rows) =>
  Math.max(...Array.from({ length: rows.count }, (_, i) => Math.hypot(...rows.read(i))));

function within(answer: Answer, exact: Answer, largest: number): void {
  const error = Math.hypot(...answer.output.map((x, j) => x - exact.output[j]));
  const norm = Math.hypot(...exact.output);
  const certificate = (answer.rest / (1 + answer.rest)) * (largest + Math.hypot(...answer.output));
  expect(error).toBeLessThanOrEqual(certificate + 2e-5 * norm);
  const rounding = 1e-4 + 1e-6 * Math.abs(exact.lse);
  expect(answer.lse).toBeLessThanOrEqual(exact.lse + rounding);
  expect(answer.lse + Math.log1p(answer.rest)).toBeGreaterThanOrEqual(exact.lse - rounding);
  expect(answer.rest).toBeLessThanOrEqual(ETA * 1.01);
}

const cases = fc.record({
  seed: fc.nat(1e6),
  n1: fc.integer({ min: 1, max: 300 }),
  n2: fc.integer({ min: 1, max: 300 }),
  d: fc.oneof(fc.integer({ min: 1, max: 80 }), fc.constantFrom(1, 8, 16, 64, 256)),
  needles: fc.nat(3),
  size: fc.constantFrom(0.1, 2, 8, 30),
  paired: fc.boolean(),
});

describe.each(kernels)('a job that skips: $kernel $set', ({ kernel, set }) => {
  const use = () => set && expect(addon?.choose(set)).toBe(set);

  it('is never further from the exact answer than what it skipped allows (property)', async () => {
    use();
    let skipped = 0;
    await fc.assert(
      fc.asyncProperty(cases, async ({ seed, n1, n2, d, needles, size, paired }) => {
        const p = problem(seed, n1, n2, d, needles, size);
        const answer = await ask(p, skippingPlan(p, paired), kernel, 0.7);
        const exact = await ask(p, everything(p, paired), 'reference', 0.7);
        within(answer, exact, valueSize(p, paired));
        if (answer.pairs < exact.pairs) skipped++;
        else expect(answer.rest).toBe(0);
      }),
      { numRuns: 80, seed: 5 },
    );
    expect(skipped).toBeGreaterThan(20); // the property was not empty
  });

  it('decides nearly as the reference does, and counts what it did', async () => {
    use();
    for (const paired of [true, false]) {
      for (let seed = 0; seed < 12; seed++) {
        const p = problem(seed, 260, 200, 16, seed % 3, 12);
        const [answer, reference] = [
          await ask(p, skippingPlan(p, paired), kernel),
          await ask(p, skippingPlan(p, paired)),
        ];
        // not exactly: tiles are cut differently, so each knows another largest score when it decides
        expect(Math.abs(answer.pairs - reference.pairs)).toBeLessThanOrEqual(0.02 * 260 * 200);
        const most = 4 * 16 * answer.pairs + 3 * 16 * 260 + 3 * 16 * 260 * 4;
        expect(answer.flops).toBeLessThanOrEqual(most + boundsFlops(paired));
        expect(answer.flops).toBeGreaterThan(4 * 16 * answer.pairs);
      }
    }
  });

  it('finds one needle without scoring the rest, also half a block of rows at a time', async () => {
    use();
    const p = problem(3, 500, 500, 64, 1, 3);
    const answer = await ask(p, skippingPlan(p, true), kernel);
    expect(answer.pairs).toBeLessThanOrEqual(64 * 64);
    expect(answer.rest).toBeGreaterThan(0);
    const one = problem(9, 60, 60, 64, 1, 3); // one block a side: only its rows can be skipped
    expect((await ask(one, skippingPlan(one, true), kernel)).pairs).toBeLessThan(60 * 60);
  });

  it('bounds what it skipped by what it weighs, where keys of a block are equal and so the bound is exact', async () => {
    use();
    const p = problem(6, 256, 192, 8, 0, 1);
    for (const [keys, scores] of [
      [p.k1, [1, 9, 2, 3]],
      [p.k2, [3, 1, 2]],
    ] as const) {
      for (let i = 0; i < keys.count; i++) keys.write(i, new Float32Array(8).fill(scores[i >> 6]));
    }
    p.arena.view(p.q).fill(1 / 8); // scores are products: 27 at most, 18 next
    const answer = await ask(p, skippingPlan(p, true, 100), kernel); // tau = 6.2
    const skipped = [1, 9, 2, 3].flatMap((a) => [3, 1, 2].map((b) => a * b)).filter((score) => score !== 27);
    expect(answer.pairs).toBe(64 * 64);
    expect(answer.lse).toBeCloseTo(27 + Math.log(64 * 64), 4);
    expect(answer.rest / skipped.reduce((sum, score) => sum + Math.exp(score - 27), 0)).toBeCloseTo(1, 4);
  });

  it('skips nothing where a key is no number or η is 0, and answers NaN as ever', async () => {
    use();
    const p = problem(4, 200, 200, 8, 1, 3);
    expect((await ask(p, skippingPlan(p, true, 0), kernel)).pairs).toBe(200 * 200);
    for (const bad of [NaN, Infinity]) {
      const broken = problem(4, 200, 200, 8, 1, 3);
      broken.k1.write(150, new Float32Array(8).fill(bad));
      const answer = await ask(broken, skippingPlan(broken, true), kernel);
      expect([...answer.output, answer.lse]).toEqual(Array(9).fill(NaN));
    }
  });
});

it('gives the same bits with 1 thread and with 2, and inline (L6)', async () => {
  const p = problem(8, 2000, 2000, 16, 2, 6);
  const request = { q: p.q, d: p.d, scale: 1, plan: skippingPlan(p, true) };
  for (const kernel of ['reference', 'wasm', ...(addon ? (['native'] as const) : [])] as const) {
    addon?.choose('');
    const pools = [1, 2].map((threads) =>
      createPool({ arena: p.arena, threads, kernel: { name: kernel, label: kernel } }),
    );
    const answers: Answer[] = await inlinePool(p.arena, kernel)
      .attend([request])
      .then((all) => [...all]);
    for (const pool of pools) answers.push(...(await pool.attend([request])));
    await Promise.all(pools.map((pool) => pool.close()));
    for (const { output, rest, pairs, lse } of answers) {
      expect({ output, rest, pairs, lse }).toEqual({
        ...{ output: answers[0].output, rest: answers[0].rest },
        ...{ pairs: answers[0].pairs, lse: answers[0].lse },
      });
    }
    expect(answers[0].pairs).toBeLessThan(2000 * 2000);
  }
});

it('refuses to skip weighted atoms: their bounds would be wrong', () => {
  const p = problem(1, 10, 10, 4, 0, 1);
  const weighted = atoms(
    p.k1,
    p.v1,
    p.arena.rows(1, () => {}),
  );
  const [job] = skippingPlan(p, true).jobs;
  expect(() => skipping(weighted, null, (job as { skip?: never }).skip!)).toThrow(RangeError);
});
