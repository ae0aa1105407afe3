import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { reached } from '../report.js';
import { documentText } from './document.js';
import { goals, reachedByBoth } from './goals.js';
import type { Results } from './results.js';
import { sameAnswer } from './same-answer.js';

const step = (name: string, ms: number) => ({
  ...{ name, n: 2048, d: 64, ms, bestMs: ms / 2, rounds: [ms], switches: 0 },
});
const form = (cache: string, ms: number, bytes: number) => ({
  ...{ kernel: 'native', cache, ms, bestMs: ms, bytes },
});
const results: Results = {
  machine: { cpu: '2 × a processor', memory: '8 GiB', platform: 'linux-x64', load: '0.00 0.00 0.00' },
  ...{ day: '2026-01-01', contenders: [{ name: 'native', version: '1' }], missing: ['torch'], threads: 2 },
  peaks: { avx512: 500, avx2: 250, '128': 125 },
  steps: [step('native', 4), step('numpy', 8)],
  decode: [],
  forms: [
    form('four-cache', 4, 2 ** 21),
    form('two-cache', 40, 2 ** 31),
    form('four-cache-materialising', 80, 2 ** 31),
  ],
  needle: [],
  pipeline: [{ kernel: 'native', threads: 1, seconds: 2, inKernel: 0.95, inPool: 0.97 }],
  ...{ parts: [{ d: 64, scores: 2100, largest: 60, weigh: 300, values: 2150, block: 4800 }], priority: 0 },
  ...{ loadAfter: '0.00 0.00 0.00', disturbances: { bursts: 100, onBusyMachine: 0 } },
};
const goal = (name: string) => goals(results).find((each) => each.name === name);

describe('goals', () => {
  it('compare the times of the same run', () => {
    const found = goal('native, n = 2048: times as fast as numpy')!;
    expect([found.value, reached(found)]).toEqual([2, 0.5]);
  });

  it('measure against the peak of the machine', () => {
    const found = goal('native, n = 2048: share of the AVX512 peak')!;
    expect(found.value).toBeCloseTo((100 * 4 * 2048 ** 2 * 64) / 4e6 / 500);
    expect(found.best).toBeCloseTo(2 * found.value);
  });

  it('leave out what was not measured', () => {
    expect(goal('native, n = 2048: times as fast as onnx')).toBeUndefined();
  });

  it('know a time that should be small from a ratio that should be large', () => {
    const pipeline = goals(results).at(-1)!;
    expect([pipeline.value, reached(pipeline)! >= 1]).toEqual([95, true]);
    expect(reached(goal('native, n = 2048: fused, times as fast as two-cache')!)).toBeCloseTo(10 / 15);
  });
});

describe('the page', () => {
  const template = readFileSync('bench/versus/performance.template.md', 'utf8');

  it('is filled in to the last number', () => {
    const text = documentText(template, results);
    expect(text).not.toMatch(/\{\{|undefined|NaN/);
    expect(text).toContain('| numpy |');
  });

  it('asks for nothing that does not exist', () => {
    expect(() => documentText('{{nothing}}', results)).toThrow(/nothing/);
  });
});

describe('answers', () => {
  it('may differ by rounding only', () => {
    expect(() => sameAnswer('x', [1, 2], [1, 2.0001])).not.toThrow();
    expect(() => sameAnswer('x', [1, 2], [1, 2.01])).toThrow(/differs/);
    expect(() => sameAnswer('x', [1, NaN], [1, 2])).toThrow(/differs/);
    expect(() => sameAnswer('x', [1], [1, 2])).toThrow(/differs/);
  });
});

it('a goal is met when the medians and the best rounds both meet it', () => {
  const found = goal('native, n = 2048: share of the AVX512 peak')!;
  const at = (value: number, best: number | null) => reachedByBoth({ ...found, value, best });
  expect([at(90, 90) >= 1, at(70, 90) >= 1, at(90, 70) >= 1, at(90, null) >= 1]).toEqual([
    ...[true, false, false, true],
  ]);
});
