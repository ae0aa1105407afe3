import { describe, expect, it } from 'vitest';
import { caches } from '../operators/caches/index.js';
import { findByName } from '../src/core/plugin.js';
import { fieldOf, standings } from './compare.js';
import type { CacheSummary } from './summarise.js';

const shape = { d: 16, order: 'tensor', bytesPerNumber: 4 } as const;
const contenders = (...given: Parameters<typeof fieldOf>) => fieldOf(...given).contenders;
const asked = (name: string, options = {}, label = name) => ({ name, label, options });

describe('contenders', () => {
  it('gives every cache every budget, half for each side, and adds the oracle and random lines', () => {
    const all = contenders([asked('window')], [2048, 4096], shape);
    expect(all.map(({ label, options, budget }) => [label, options, budget])).toEqual([
      ['window@2KiB', { size: '1024B' }, 2048],
      ['oracle-top-k@2KiB', { size: '1024B' }, 2048],
      ['random@2KiB', { size: '1024B' }, 2048],
      ['window@4KiB', { size: '2048B' }, 4096],
      ['oracle-top-k@4KiB', { size: '2048B' }, 4096],
      ['random@4KiB', { size: '2048B' }, 4096],
    ]);
    const [matrix] = contenders([asked('window')], [2048], { ...shape, order: 'matrix' });
    expect(matrix.options).toEqual({ size: '2048B' }); // one side has it all
  });

  it('keeps options that were given, and does not add a line twice', () => {
    const all = contenders([asked('random'), asked('sinks', { sinks: 2 }, 'mine')], [4096], shape);
    expect(all.map(({ label }) => label)).toEqual(['random@4KiB', 'mine@4KiB', 'oracle-top-k@4KiB']);
    expect(all[1].options).toEqual({ size: '2048B', sinks: 2 });
  });

  it('takes caches without a budget once, and refuses one that cannot be so small', () => {
    const all = contenders([asked('four-cache')], [4096, 8192], shape);
    expect(all.filter(({ name }) => name === 'four-cache')).toMatchObject([
      { ...asked('four-cache'), budget: null },
    ]);
    expect(() => contenders([asked('window')], [100], shape)).toThrow(
      'cache window cannot be as small as 100 B at d = 16, order tensor',
    );
  });

  it('says what it left out, takes a budget once, and adds no line that was named', () => {
    const { contenders: all, leftOut } = fieldOf([], [300, 300, 65536], shape);
    expect(all.filter(({ label }) => label === 'window@300B')).toHaveLength(1);
    expect(leftOut).toContainEqual({ name: 'polynomial', budget: 300 });
    expect(leftOut.some(({ budget }) => budget === 65536)).toBe(false);
    const named = contenders([asked('random', { size: '150B' })], [300], shape);
    expect(named.map(({ label }) => label)).toEqual(['random@300B', 'oracle-top-k@300B']);
  });

  it('refuses options that break the budget', () => {
    expect(() => contenders([asked('window', { size: 1000 })], [2048], shape)).toThrow(
      'cache window comes to hold 250 KiB with the options given, over the budget of 2.00 KiB',
    );
  });

  it('without names takes all that have a budget in this order, and passes over those that need more', () => {
    const names = new Set(contenders([], [65536], shape).map(({ name }) => name));
    for (const name of ['window', 'sinks', 'random', 'oracle-top-k']) expect(names).toContain(name);
    expect(names).not.toContain('four-cache');
    expect(() => contenders([], [10], shape)).toThrow('--budget 10B: no cache can be so small at d = 16');
  });
});

describe('every cache that says how to keep within a budget', () => {
  const able = caches.filter(({ spec }) => spec.within !== undefined && spec.name !== 'oracle-top-k');
  it.each(able.map((plugin) => ({ plugin, name: plugin.spec.name })))(
    '$name holds no more than it was allowed, however long the stream',
    ({ plugin: { spec }, name }) => {
      for (const order of spec.orders) {
        for (const bytes of [20_000, 65_536, 1_000_000]) {
          const input = { d: 8, order, bytesPerNumber: 4 };
          const [contender] = contenders([asked(name)], [bytes], input);
          const { formula } = findByName('cache', caches, name)(contender.options);
          for (const n of [1, 100, 10_000, 1_000_000]) {
            const { residentBytes, metadataBytes } = formula({ ...input, n, census: null });
            expect(residentBytes + metadataBytes, `${order}, ${bytes}, ${n}`).toBeLessThanOrEqual(bytes);
          }
        }
      }
    },
  );
});

describe('standings', () => {
  it('are one budget at a time, least mean error first, what was not measured last', () => {
    const all = contenders([asked('window'), asked('sinks')], [2048, 65536], shape);
    const errors: Record<string, number | null> = {
      'window@2KiB': 0.3,
      'sinks@2KiB': 0.1,
      'random@2KiB': null,
    };
    const summaries = Object.entries(errors).map(
      ([cache, err_rel_l2_mean]) => ({ cache, err_rel_l2_mean }) as CacheSummary,
    );
    const labels = standings(all, summaries, 2048).map(({ contender }) => contender.label);
    expect(labels).toEqual(['sinks@2KiB', 'window@2KiB', 'random@2KiB']);
    expect(standings(all, summaries, 65536)).toEqual([]);
  });
});
