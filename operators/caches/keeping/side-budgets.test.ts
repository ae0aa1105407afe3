import { expect, it } from 'vitest';
import { allowances, refuseSmallBudgets, sizeWithin } from './side-budgets.js';

const shape = { d: 4, order: 'tensor', bytesPerNumber: 4 } as const;

it('a side may keep tokens, bytes with their metadata, or a share', () => {
  const at = (size: number | string, metadata: number, n: number) =>
    allowances({ size }, { metadata }, shape).map((allowed) => allowed(n));
  expect(at(7, 1, 100)).toEqual([7, 7]);
  expect(at('360B', 1, 100)).toEqual([10, 10]); // 4 · (2·4 + 1) bytes an atom
  expect(at('360B', 0, 100)).toEqual([11, 11]);
  expect(at('25%', 1, 99)).toEqual([24, 24]);
});

it('side 2 has its own budget, or that of side 1; matrix order has no side 2', () => {
  const both = { size: 7, size2: '50%' };
  expect(allowances(both, { metadata: 0 }, shape).map((allowed) => allowed(10))).toEqual([7, 5]);
  expect(allowances(both, { metadata: 0 }, { ...shape, order: 'matrix' })).toHaveLength(1);
});

it('a share never goes below the least that a cache works with, and grows one by one', () => {
  const [allowed] = allowances({ size: '29%' }, { metadata: 0, least: 3 }, shape);
  for (let n = 1; n < 200; n++) {
    expect(allowed(n)).toBe(Math.max(3, Math.floor((29 * n) / 100)));
    expect(allowed(n + 1) - allowed(n)).toBeLessThanOrEqual(1);
  }
});

it('budgets below the least are refused on either side', () => {
  const cost = { metadata: 1, least: 5 };
  for (const [budgets, says] of [
    [{ size: 4 }, 'sinks: size = 4: keeps 4'],
    [{ size: 5, size2: 4 }, 'sinks: size2 = 4: keeps 4'],
    [{ size: '179B' }, 'sinks: size = 179B: keeps 4'],
  ] as const) {
    expect(() => refuseSmallBudgets('sinks', budgets, cost, shape)).toThrow(says);
  }
  for (const budgets of [{ size: 5 }, { size: 5, size2: '1%' }, { size: '180B' }]) {
    expect(() => refuseSmallBudgets('sinks', budgets, cost, shape)).not.toThrow();
  }
  const matrix = { ...shape, order: 'matrix' } as const;
  expect(() => refuseSmallBudgets('sinks', { size: 5, size2: 4 }, cost, matrix)).not.toThrow();
});

it('size: keys and values resident, the rest metadata or scratch', () => {
  const size = sizeWithin(
    { ...shape, n: 10, census: null },
    { size: 3, size2: 20 },
    { metadata: 2, scratch: 1 },
  );
  expect(size).toEqual({
    ...{ residentBytes: 2 * 13 * 4 * 4, metadataBytes: 2 * 13 * 4, scratchBytes: 13 * 4 },
    flops: 4 * 4 * 3 * 10 + 3 * 4 * 3,
  });
});
