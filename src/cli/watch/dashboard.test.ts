import { describe, expect, it } from 'vitest';
import { eventRow, stepBatch } from '../../../data/testing/rows.js';
import { WatchedRun } from '../../live/watched-run.js';
import { dashboard, type Screen } from './dashboard.js';
import { whyNoScreen } from './screen.js';
import { sparkline } from '../plots/sparkline.js';
import { addWatchFlags } from './watch-flags.js';
import { Command } from 'commander';

const ESCAPE = '\u001b';
const caches = ['four-cache', 'two-cache', 'subgen4', 'window'].map((name) => ({
  name,
  label: name,
  options: {},
}));

function runAfter(steps: number, total: number | null = 200): WatchedRun {
  let now = 0;
  const facts = { dir: 'traces/run-7', order: 'tensor', d: 64, heads: 1, layers: 1, caches } as const;
  const run = new WatchedRun(facts, { now: () => now, left: () => 12_000 });
  run.start(total, 0);
  for (let s = 0; s < steps; s++) run.onRows(stepBatch(s, 4));
  now = 4000;
  run.onStep({ done: steps, bytes: 3 * 2 ** 20 });
  return run;
}
const screen = (rest: Partial<Screen> = {}): Screen => ({
  width: 100,
  height: 30,
  colour: false,
  url: null,
  ...rest,
});
const text = (run: WatchedRun, rest?: Partial<Screen>) => dashboard(run, screen(rest)).join('\n');

describe('dashboard', () => {
  it('tells progress, pace, bytes, time left, and of each cache what it holds, its error and its time', () => {
    const shown = text(runAfter(50));
    for (const part of [
      'traces/run-7: running',
      '25 %',
      '50 of 200 tokens',
      '12.5 tokens/s',
      'left 12 s',
      '3.00 MiB in use',
    ])
      expect(shown).toContain(part);
    for (const { label } of caches)
      expect(shown).toMatch(new RegExp(`^${label} +\\S+ [KMGT]iB +\\S+ +\\S+ +\\S+ +\\d+ +[▁-█]+`, 'm'));
    expect(shown).toContain('relative error, median');
  });

  it('fits every terminal', () => {
    const run = runAfter(60);
    for (let i = 0; i < 5; i++) run.onRows({ events: [eventRow(i)] });
    for (let width = 1; width <= 140; width += 7) {
      for (let height = 1; height <= 50; height += 7) {
        const lines = dashboard(run, screen({ width, height, url: 'http://127.0.0.1:1/x' }));
        expect(lines.length).toBeLessThanOrEqual(height);
        for (const line of lines) expect([...line].length, line).toBeLessThanOrEqual(width);
      }
    }
  });

  it('drops columns before it drops caches', () => {
    const narrow = text(runAfter(50), { width: 40 });
    expect(narrow).toMatch(/^window +\S+ TiB +\S+/m);
    expect(narrow).not.toContain('warnings');
  });

  it('paints caches only where colours are wanted, and ends every colour', () => {
    expect(text(runAfter(50))).not.toContain(ESCAPE);
    const painted = text(runAfter(50), { colour: true });
    const count = (part: string) => painted.split(part).length - 1;
    expect(count(`${ESCAPE}[38;5;`)).toBeGreaterThan(4);
    expect(count(`${ESCAPE}[38;5;`)).toBe(count(`${ESCAPE}[39m`));
  });

  it('has something to say before the first step, and of a source without an end', () => {
    expect(text(runAfter(0))).toContain('no step is done yet');
    expect(text(runAfter(3, null))).toContain('3 tokens');
  });
});

describe('sparkline', () => {
  it('is logarithmic, joins what has no room, and leaves gaps', () => {
    expect(sparkline([1, 10, 100], 10)).toBe('▁▅█');
    expect(sparkline([1, null, 100, null], 10)).toBe('▁ █');
    expect(sparkline([1, 1, 100, 100], 2)).toBe('▁█');
    expect(sparkline([0, 5, 5], 9)).toBe('▁▅▅');
    expect(sparkline([], 9)).toBe('');
  });
});

describe('whyNoScreen', () => {
  it('wants a terminal that moves its cursor', () => {
    expect(whyNoScreen({ isTTY: true }, { TERM: 'xterm' })).toBeNull();
    expect(whyNoScreen({ isTTY: false }, { TERM: 'xterm' })).toMatch(/no terminal/);
    expect(whyNoScreen({ isTTY: true }, { TERM: 'dumb' })).toMatch(/TERM is dumb/);
  });
});

describe('--watch-port', () => {
  const parse = (value: string) =>
    addWatchFlags(new Command().exitOverride()).parse(['--watch-port', value], { from: 'user' }).opts();
  it('is a port', () => expect(parse('9464')).toEqual({ watchPort: 9464 }));
  it.each(['0', '65536', 'http', '-1', '1.5', ''])('refuses %j', (value) =>
    expect(() => parse(value)).toThrow(expect.objectContaining({ code: 'bad-option' })),
  );
});
