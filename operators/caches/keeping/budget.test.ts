import { describe, expect, it } from 'vitest';
import { atomsAllowed, budget, parseBudget, refuseBelow } from './budget.js';

describe('a budget', () => {
  it('is tokens, bytes or a share', () => {
    expect(parseBudget(budget.parse(128))).toEqual({ unit: 'tokens', amount: 128 });
    expect(parseBudget(budget.parse('1.5KiB'))).toEqual({ unit: 'bytes', amount: 1536 });
    expect(parseBudget(budget.parse('2MiB'))).toEqual({ unit: 'bytes', amount: 2 ** 21 });
    expect(parseBudget(budget.parse('25%'))).toEqual({ unit: 'ratio', amount: 0.25 });
  });

  it('takes sizes as the command line does elsewhere', () => {
    for (const text of ['4KiB', '4kib', '4KB', '4 k', '4096B']) {
      expect(parseBudget(budget.parse(text))).toEqual({ unit: 'bytes', amount: 4096 });
    }
  });

  it.each([0, -1, 1.5, NaN, '', '0%', '101%', '0B', '128 ', '64KX', '-1%', '1e3', {}])(
    'refuses %j',
    (bad) => {
      expect(budget.safeParse(bad).success).toBe(false);
    },
  );

  it('says how many atoms a side may keep', () => {
    expect(atomsAllowed({ unit: 'tokens', amount: 7 }, 3, 100)).toBe(7);
    expect(atomsAllowed({ unit: 'bytes', amount: 1000 }, 3, 132)).toBe(7);
    expect(atomsAllowed({ unit: 'bytes', amount: 10 }, 3, 132)).toBe(1);
    expect(atomsAllowed({ unit: 'ratio', amount: 0.29 }, 100, 132)).toBe(29);
    expect(atomsAllowed({ unit: 'ratio', amount: 0.29 }, 2, 132)).toBe(1);
  });

  it('is refused below what a cache needs, with the least that will do', () => {
    const given = (input: number | string) => () =>
      refuseBelow({ cache: 'sinks', option: 'size2', input }, 5, 8);
    expect(given(5)).not.toThrow();
    expect(given('1%')).not.toThrow();
    expect(given('39B')).toThrow('cache sinks: size2 = 39B: keeps 4 atoms, and 5 is the least');
    expect(given('39B')).toThrow('size2=5 (tokens) or size2=40B');
  });
});
