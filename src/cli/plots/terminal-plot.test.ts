import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { brailleCanvas } from './braille.js';
import { terminalPlot, type TerminalPlot } from './terminal-plot.js';

const line = (of: (x: number) => number | null, count = 100) =>
  Array.from({ length: count }, (_, i) => [i + 1, of(i + 1)] as const);
const draw = (plot: Partial<TerminalPlot>) =>
  terminalPlot({ title: 'bytes', xName: 'n', width: 60, height: 6, series: [], ...plot });
const growth = [
  { name: 'two-cache', points: line((n) => n * n) },
  { name: 'four-cache', points: line((n) => n) },
  { name: 'window', points: line((n) => Math.min(n, 10)) },
];

describe('braille', () => {
  it('sets the dot that was asked for', () => {
    const dotOf = (x: number, y: number) => {
      const canvas = brailleCanvas(1, 1);
      canvas.line([x, y], [x, y], 0);
      return canvas.rows()[0][0].text;
    };
    expect([0, 1, 2, 3].map((y) => dotOf(0, y) + dotOf(1, y))).toEqual(['⡀⢀', '⠄⠠', '⠂⠐', '⠁⠈']);
  });
});

describe('terminalPlot', () => {
  it('draws lines whose names stand at their ends, in their order', () => {
    expect(draw({ series: growth, logX: true, logY: true, formatY: (y) => y.toPrecision(2) }))
      .toMatchInlineSnapshot(`
      "bytes
      1.0e+4 ┤                                 ⢀⣀⡠⠤⠖⠚⠉ two-cache
             │                           ⣀⣠⠤⠖⠒⠉⠉
      2.5e+2 ┤                   ⢀⣀⣀⠤⠒⠒⠊⠉            ⢀ four-cache
             │             ⣀⣀⠤⠒⠒⠊⠁      ⣀⣀⣀⡠⠤⠤⠴⠒⠒⠒⠋⠉⠉⠉
             │       ⣀⣀⠤⠔⠊⠉⣀⣀⣀⠤⠤⠤⠔⠒⠒⠚⠛⠛⠛⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒ window
         1.0 ┤⣀⡤⠤⠶⠖⠛⠛⠒⠉⠉⠉⠉⠉
             └────────────────────────────────────────
              1                  10                100 n
      "
    `);
  });

  it('keeps to the width of the terminal', () => {
    for (const width of [40, 60, 133]) {
      const lines = draw({ series: growth, width }).split('\n');
      expect(Math.max(...lines.map((text) => [...text].length))).toBeLessThanOrEqual(width);
    }
  });

  it('colours what it draws and its name, and is otherwise the same', () => {
    const plain = draw({ series: growth });
    const coloured = draw({ series: growth.map((one) => ({ ...one, colour: 161 })), colour: true });
    expect(plain).toBe(stripVTControlCharacters(plain));
    expect(stripVTControlCharacters(coloured)).toBe(plain);
    expect(coloured).toContain('\u001b[38;5;161mtwo-cache\u001b[39m');
  });

  it('leaves a gap where a value is missing', () => {
    const whole = draw({ series: [{ name: 'a', points: line(() => 1) }], height: 1 });
    const gap = draw({
      series: [{ name: 'a', points: line((x) => (x > 40 && x < 60 ? null : 1)) }],
      height: 1,
    });
    expect(whole.split('\n')[1]).not.toMatch(/⣀⡀? +⢀?⣀/);
    expect(gap.split('\n')[1]).toMatch(/⣀⡀? +⢀?⣀/);
  });

  it('says what it could not draw', () => {
    const zero = { name: 'zero', points: line(() => 0) };
    const text = draw({ series: [...growth, zero, { name: 'none', points: [] }], logY: true });
    expect(text).toContain('zero: 0 everywhere, which has no place on a log axis');
    expect(text).toContain('none: no values');
    expect(draw({ series: [zero], logY: true })).toContain('nothing to draw: all values are 0');
    expect(draw({ series: [] })).toContain('nothing to draw: there are no values');
    expect(draw({ series: growth, height: 2 })).toContain('no room for the name of ');
  });

  it('keeps names in the order of their lines, and points from those that had to make room', () => {
    const flat = (name: string, y: number) => ({ name, points: line(() => y) });
    const text = draw({
      series: [flat('c', 1), flat('a', 1.02), flat('b', 1.01), flat('low', 0)],
      height: 12,
    });
    expect(text.match(/.(a|b|c|low)$/gm)).toEqual([' a', '↑b', '↑c', ' low']);
  });

  it('draws a single point', () => {
    expect(draw({ series: [{ name: 'one', points: [[3, 4]] }], height: 3 })).toMatch(/4 ┤⡀ +one\n/);
  });
});
