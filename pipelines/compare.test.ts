import { describe, expect, it } from 'vitest';
import { contenders, standings } from './compare.js';
import type { CacheSummary } from './summarise.js';

const shape = { d: 16, order: 'tensor', bytesPerNumber: 4 } as const;
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
    expect(all.filter(({ name }) => name === 'four-cache')).toEqual([
      { ...asked('four-cache'), budget: null },
    ]);
    expect(() => contenders([asked('window')], [100], shape)).toThrow(
      'cache window cannot be as small as 100 B at d = 16, order tensor',
    );
  });

  it('without names takes all that have a budget in this order, and passes over those that need more', () => {
    const names = new Set(contenders([], [65536], shape).map(({ name }) => name));
    for (const name of ['window', 'sinks', 'random', 'oracle-top-k']) expect(names).toContain(name);
    expect(names).not.toContain('four-cache');
    expect(contenders([], [100], shape)).toEqual([]);
  });
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
