import { describe, expect, it } from 'vitest';
import { mark, off, toMarkdown } from './table.js';

describe('off', () => {
  it.each([
    [1, 1, false],
    [1.5, 1, false],
    [1, 1.5, false],
    [1.51, 1, true],
    [1, 1.51, true],
    [0, 0, false],
    [0, 0.1, true],
    [0.1, 0, true],
    [NaN, 1, true],
    [NaN, NaN, true],
    [1, Infinity, true],
  ])('%d beside %d: %s', (measured, expected, is) => {
    expect(off(measured, expected)).toBe(is);
    expect(off(expected, measured)).toBe(is);
    expect(mark(measured, expected)).toBe(is ? ' ✗' : '');
  });

  it('takes another factor', () => {
    expect(off(1.9, 1, 2)).toBe(false);
    expect(off(1, 2.1, 2)).toBe(true);
    expect(mark(1.9, 1, 2)).toBe('');
  });

  it('marks nothing where nothing is expected', () => {
    expect([mark(1, null), mark(1, undefined)]).toEqual(['', '']);
  });
});

describe('toMarkdown', () => {
  const table = { title: 'T', columns: ['a', 'b'], rows: [[1, 'x']], note: 'N', source: 'By caches.' };

  it('says under the title what made the numbers, and how to make a row by hand where one can', () => {
    const lines = ['### T', '', 'By caches.', '', '| a | b |', '| --- | --- |', '| 1 | x |', '', 'N'];
    expect(toMarkdown(table).split('\n')).toEqual(lines);
    const [, , source] = toMarkdown({ ...table, command: 'kronflow run' }).split('\n');
    expect(source).toBe('By caches. One row by hand: `kronflow run`.');
  });
});
