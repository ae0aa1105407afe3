import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { counted, formatBytes, formatValue, groupThousands, parseBytes } from './format.js';

it('counts in words', () => {
  expect([0, 1, 2].map((n) => counted(n, 'head'))).toEqual(['0 heads', '1 head', '2 heads']);
});

it.each([0, 7, 100, 999, 1000, -1234, 999_999, 12_345_678])(
  'groups the thousands of %i as English does',
  (count) => {
    expect(groupThousands(count)).toBe(count.toLocaleString('en'));
  },
);

describe('formatBytes', () => {
  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.00 KiB'],
    [1000 * 1024, '1000 KiB'],
    [1023 * 2 ** 20, '1023 MiB'],
    [1.5 * 2 ** 30, '1.50 GiB'],
    [123.4 * 2 ** 40, '123 TiB'],
    [-2048, '-2.00 KiB'],
    [2 ** 75, '32768 EiB'],
    [Infinity, 'unlimited'],
  ])('%d is %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

  it('is read back within its three digits (property)', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 49 }), (bytes) => {
        const read = parseBytes(formatBytes(bytes));
        expect(Math.abs((read ?? NaN) - bytes)).toBeLessThanOrEqual(0.0051 * bytes);
      }),
    );
  });
});

describe('parseBytes', () => {
  it.each([
    ['0', 0],
    ['4096', 4096],
    ['2GiB', 2 ** 31],
    ['512MB', 2 ** 29],
    ['1.5g', 1.5 * 2 ** 30],
    [' 3 kb ', 3072],
    ['1t', 2 ** 40],
    ['10B', 10],
    ['1.9', 1],
  ])('%s is %d', (text, bytes) => expect(parseBytes(text)).toBe(bytes));

  it.each(['', 'GiB', '-1', '1e9', '2 GiB or so', '1,5g', 'NaN', '0x10'])('"%s" is no size', (text) =>
    expect(parseBytes(text)).toBeNull(),
  );
});

it('formatValue calls by name what JSON cannot say', () => {
  const values = [NaN, -Infinity, undefined, null, 'a"b', 3, true, { a: [1] }, 5n];
  const texts = ['NaN', '-Infinity', 'undefined', 'null', '"a\\"b"', '3', 'true', '{"a":[1]}', '5'];
  expect(values.map(formatValue)).toEqual(texts);
});
