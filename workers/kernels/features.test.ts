import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { matrix, type FeaturesJob } from '../../src/core/plan.js';
import { randomStream } from '../../src/core/random.js';
import { SharedArena } from '../arena.js';
import { inlinePool } from '../inline-pool.js';
import { loadNative } from './native.js';

const loaded = loadNative();
const addon = 'addon' in loaded ? loaded.addon : null;
const sets = (['avx512', 'avx2', 'portable'] as const).filter((set) => addon?.choose(set));
afterAll(() => void addon?.choose(''));

interface Case {
  readonly seed: number;
  readonly r: number;
  readonly d: number;
  readonly paired: boolean;
  readonly factor: 1 | -1;
}

function problem({ seed, r, d, paired, factor }: Case, dtype: 'f32' | 'f64') {
  const arena = SharedArena.create(dtype);
  const random = randomStream(seed, 'features');
  const rows = (width: number, grown: boolean) => {
    const made = arena.rows(width, () => {}, 'f64');
    if (grown)
      made.resize(r); // so that blocks of the matrices end at different rows
    else for (let i = 1; i <= r; i++) made.resize(i);
    for (let i = 0; i < r; i++)
      made.write(
        i,
        Array.from({ length: width }, () => 0.5 + random.uniform()),
      );
    return made;
  };
  const [weights, one, two] = [rows(2, true), rows(d + 1, false), rows(d + 1, true)];
  const job: FeaturesJob = {
    ...{ kind: 'features', role: 'both', factor, weights: matrix(weights), side1: matrix(one) },
    side2: paired ? matrix(two) : null,
  };
  const [numerator, denominator] = [new Float64Array(d), new Float64Array(1)];
  for (let f = 0; f < r; f++) {
    const [n, w] = weights.read(f);
    const [a, b] = [one.read(f), paired ? two.read(f) : new Float64Array(d + 1).fill(1)];
    for (let j = 0; j < d; j++) numerator[j] += n * a[j] * b[j];
    denominator[0] += w * a[d] * b[d];
  }
  return {
    arena,
    job,
    request: { q: arena.alloc(d), d, scale: 1, plan: { jobs: [job] } },
    numerator,
    denominator,
  };
}

const cases = fc.record({
  seed: fc.nat(1e6),
  r: fc.oneof(fc.integer({ min: 1, max: 700 }), fc.constantFrom(1, 3, 4, 63, 64, 65, 128, 585)),
  d: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(1, 7, 8, 9, 16, 64, 256)),
  paired: fc.boolean(),
  factor: fc.constant(1 as const),
});

async function check(one: Case, dtype: 'f32' | 'f64', kernel: 'native' | 'reference') {
  const { arena, request, numerator, denominator } = problem(one, dtype);
  const [answer] = await inlinePool(arena, kernel).attend([request]);
  answer.output.forEach((x, j) => expect(x).toBeCloseTo(numerator[j] / denominator[0], 11));
  expect(answer.lse).toBeCloseTo(Math.log(denominator[0]), 11);
  expect(answer.pairs).toBe(0);
  expect(answer.flops).toBe((one.paired ? 3 : 2) * one.r * (one.d + 1));
  expect([answer.maxScore, answer.weightNorm]).toEqual([NaN, NaN]);
}

describe('features jobs', () => {
  it.each(['f32', 'f64'] as const)(
    'are Σ n·A1·A2 / Σ w·A1·A2 in float64, in a memory of %s (property)',
    (dtype) =>
      fc.assert(
        fc.asyncProperty(cases, (one) => check(one, dtype, 'reference')),
        { numRuns: 40 },
      ),
  );

  it.skipIf(sets.length === 0).each(sets)('%s: the same (property, L8)', async (set) => {
    expect(addon?.choose(set)).toBe(set);
    await fc.assert(
      fc.asyncProperty(cases, (one) => check(one, 'f32', 'native')),
      { numRuns: 60 },
    );
  });

  it.each(sets.length > 0 ? (['reference', 'native'] as const) : (['reference'] as const))(
    'subtract with factor -1, and answer zeros where the denominator is not positive: %s',
    async (kernel) => {
      const size = { seed: 3, r: 70, d: 5, paired: true };
      const { arena, job, request } = problem({ ...size, factor: 1 }, 'f32');
      const minus: FeaturesJob = { ...job, factor: -1 };
      const pool = inlinePool(arena, kernel);
      const ask = async (jobs: readonly FeaturesJob[]) =>
        (await pool.attend([{ ...request, plan: { jobs } }]))[0];
      const [once, same] = [await ask([job]), await ask([job, job, minus])];
      same.output.forEach((x, j) => expect(x).toBeCloseTo(once.output[j], 12));
      expect(same.lse).toBeCloseTo(once.lse, 12);
      for (const jobs of [[minus], [job, minus]]) {
        const { output, lse } = await ask(jobs);
        expect([...output, lse]).toEqual([0, 0, 0, 0, 0, -Infinity]);
      }
    },
  );
});
