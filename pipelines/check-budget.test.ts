import { describe, expect, it } from 'vitest';
import { caches } from '../operators/caches/index.js';
import { fourCache } from '../operators/caches/four-cache.js';
import { Failure } from '../src/core/failure.js';
import { findByName } from '../src/core/plugin.js';
import { SharedArena } from '../workers/arena.js';
import { checkBudget, largestFit, MEMORY_LIMIT, type BudgetQuestion } from './check-budget.js';
import { checkWeights } from './check-weights.js';
import { asRecorded, takingTurns } from './stream-lengths.js';

const question = (name: string, options = {}, rest: Partial<BudgetQuestion> = {}): BudgetQuestion => ({
  shape: { d: 4, heads: 1, layers: 1, order: 'tensor', scale: 1 },
  caches: [{ label: name, factory: findByName('cache', caches, name)(options) }],
  reference: null,
  bytesPerNumber: 4,
  budget: 1024,
  lengths: takingTurns(1),
  ...rest,
});

/** What a check is refused with, or null. */
function refusal(check: () => void): Failure | null {
  try {
    check();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  return null;
}

describe('streams', () => {
  it('each have caches of their own', () => {
    // 4·n·4·4 = 64 bytes a token: 16 tokens in all, however many streams
    const eight = question('four-cache', {}, { lengths: takingTurns(8) });
    expect(largestFit(eight)).toBe(16);
    expect(refusal(() => checkBudget(eight, 16))).toBeNull();
    const { code, what, hint } = refusal(() => checkBudget(eight, 8 * 50))!;
    expect(code).toBe('out-of-memory');
    expect(what).toMatch(/four-cache would take 25\.0 KiB at n = 50, .*streams = 8; .*budget of 1\.00 KiB/);
    expect(hint).toMatch(/fit in all streams together are 16: pass --tokens 16/);
    // (2·n²·4 + 4·n·4)·4 = 32·n² + 64·n: n = 4 takes 768, and n = 2 in each of four streams 1024
    expect(largestFit(question('two-cache'))).toBe(4);
    expect(largestFit(question('two-cache', {}, { lengths: takingTurns(4) }))).toBe(8);
  });

  it('of a recording count as they are: one window of 16 costs 1024 bytes, two of them 2048', () => {
    const one = question('window', { size: 16 }, { lengths: asRecorded(Array(90).fill(0)) });
    const two = question(
      'window',
      { size: 16 },
      { lengths: asRecorded([...Array(45).fill(0), ...Array(45).fill(1)]) },
    );
    expect(refusal(() => checkBudget(one, 90))).toBeNull();
    expect(refusal(() => checkBudget(two, 90))?.hint).toMatch(/together are|largest n that fits is 45/);
    expect(largestFit(two)).toBe(45);
  });
});

it('a cache that stops growing fits for ever', () => {
  expect(largestFit(question('window', { size: 16 }))).toBe(Infinity);
  expect(largestFit(question('window', { size: 17 }))).toBe(16);
});

it('metadata are planned: what subgen4 keeps of 5 tokens fits exactly', () => {
  // per side 4·5·4 rows' numbers, and 2·5 counts, 2·5 owners and weights, 5 weights of slots; two sides, 4 bytes
  const exactly = 2 * (4 * 5 * 4 + 5 * 5) * 4;
  expect(largestFit(question('subgen4', {}, { budget: exactly }))).toBe(5);
  expect(largestFit(question('subgen4', {}, { budget: exactly - 1 }))).toBe(4);
});

describe('the end of shared memory', () => {
  const heads = 2;
  const big = question(
    'two-cache',
    {},
    {
      shape: { d: 64, heads, layers: 1, order: 'tensor', scale: 1 },
      reference: { label: 'reference', factory: fourCache() },
      budget: null,
    },
  );

  it('counts what growing reserves: the largest n that fits can be allocated', () => {
    const n = largestFit(big);
    expect(n).toBeGreaterThan(2650); // 2895 if every byte could be used
    expect(reserve(n)).toBeLessThan(MEMORY_LIMIT);
    expect(() => reserve(Math.ceil(1.1 * n))).toThrow(Failure);
    const { what, hint } = refusal(() => checkBudget(big, n + 1))!;
    expect(what).toMatch(/for growing and working, over shared memory of at most 8\.00 GiB/);
    expect(hint).toContain(`the largest n that fits is ${n}: pass --tokens ${n}, or leave out two-cache`);
  });

  it('is not what counts where this machine has less free, unless the user says so', () => {
    const available = 2 ** 31; // (2·n²·64 + 8·n·64)·4·2 and 128 MiB for working
    const n = largestFit({ ...big, available });
    expect(n).toBeGreaterThan(1350);
    expect(n).toBeLessThan(1420);
    const { what } = refusal(() => checkBudget({ ...big, available }, n + 1))!;
    expect(what).toMatch(/over the 2\.00 GiB that this machine has free/);
    expect(largestFit({ ...big, available, budget: 2 ** 40 })).toBe(largestFit(big));
  });

  it('counts the first block of every matrix: many small caches reserve more than they use', () => {
    const many = { ...big.shape, heads: 1024, layers: 1024, d: 1 };
    expect(largestFit(question('window', { size: 1 }, { shape: many, budget: null }))).toBe(Infinity); // 1 GiB
    expect(largestFit(question('window', { size: 1 }, { shape: { ...many, d: 16 }, budget: null }))).toBe(0); // 16 GiB
  });

  /** Grow what two-cache and reference keep, token by token, without touching it; returns what is reserved. */
  function reserve(n: number): number {
    const arena = SharedArena.create('f32', MEMORY_LIMIT);
    const make = (count: number) => Array.from({ length: count * heads }, () => arena.rows(64, () => {}));
    const [entries, products] = [make(8), make(2)];
    for (let length = 1; length <= n; length++) {
      for (const rows of entries) rows.resize(length);
      for (const rows of products) rows.resize(length * length);
    }
    expect(products[0].spans().length).toBeLessThanOrEqual(100); // native kernels walk them
    return arena.reservedBytes;
  }
});

describe('projection weights', () => {
  const shape = { layers: 1, heads: 1024, d: 256, order: 'tensor' } as const;
  it.each([
    [
      'larger than an array can be',
      shape,
      2 ** 50,
      /1\.25 TiB at heads = 1024, d = 256, layers = 1: 5·.*one array/,
    ],
    [
      'larger than half of the machine',
      { ...shape, heads: 16 },
      2 ** 29,
      /320 MiB .* this machine's 512 MiB/,
    ],
  ])('%s are refused', (_, asked, machine, words) => {
    const refused = refusal(() => checkWeights(asked, machine))!;
    expect(refused).toMatchObject({ code: 'out-of-memory', what: expect.stringMatching(words) });
  });

  it('of matrix order are three', () => {
    expect(refusal(() => checkWeights({ ...shape, heads: 16, order: 'matrix' }, 2 ** 29))).toBeNull();
  });
});
