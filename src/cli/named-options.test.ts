import { describe, expect, it } from 'vitest';
import { parseAllocation, parseCaches, parseNamed } from './named-options.js';

it('reads numbers, booleans and texts', () => {
  expect(parseNamed('--cache', 'x:a=0.5,b=true,c=on,d=1e3,e=')).toEqual({
    name: 'x',
    options: { a: 0.5, b: true, c: 'on', d: 1000, e: '' },
  });
  expect(parseNamed('--cache', 'x')).toEqual({ name: 'x', options: {} });
});

it('leaves a path and a label as they are typed, whatever they look like', () => {
  expect(parseNamed('--source', 'ids:path=2024').options).toEqual({ path: '2024' });
  expect(parseNamed('--source', 'ids:path=C:/a=b').options).toEqual({ path: 'C:/a=b' });
  expect(parseCaches(['window:label=007'])[0].label).toBe('007');
});

it('labels a cache by all of its text where its name stands twice, and else leaves the label to its plug-in', () => {
  const labels = parseCaches(['window', 'two-cache:x=1', 'window:size=4', 'window:size=8,label=small']);
  expect(labels.map(({ label }) => label)).toEqual(['window', undefined, 'window:size=4', 'small']);
  expect(labels[3].options).toEqual({ size: 8 });
});

it('reads references to plug-ins, their labels and their options', () => {
  const parsed = parseCaches([
    './caches/mine.js#ring:size=3',
    './lru.mjs',
    '@me/caches#lfu',
    '../x.js#ring:label=b',
  ]);
  expect(parsed).toEqual([
    { name: './caches/mine.js#ring', options: { size: 3 } },
    { name: './lru.mjs', options: {} },
    { name: '@me/caches#lfu', options: {} },
    { name: '../x.js#ring', label: 'b', options: {} },
  ]);
  expect('label' in parsed[0]).toBe(false); // a pipeline file takes these entries: a label that is there must be a text
});

describe('parseAllocation', () => {
  it('reads a policy, a size, the tokens it is for, and options', () => {
    expect(parseAllocation('pyramid:64KiB@256,beta=4')).toEqual({
      policy: 'pyramid',
      bytes: 65536,
      at: 256,
      beta: 4,
    });
    expect(parseAllocation('uniform:1000')).toEqual({ policy: 'uniform', bytes: 1000, at: null });
    const spread = parseAllocation('spread:1.5KiB,calibration=2024');
    expect(spread).toEqual({ policy: 'spread', bytes: 1536, at: null, calibration: '2024' });
  });

  it.each([
    ['pyramid', 'not of the form'],
    ['pyramid:', 'not of the form'],
    ['pyramid:much', 'not of the form'],
    ['pyramid:0', 'not of the form'],
    ['pyramid:64KiB@', 'not of the form'],
    ['pyramid:64KiB@2.5', 'not of the form'],
    ['pyramid:64KiB@0', 'at = 0'],
    ['pyramd:64KiB', 'did you mean "pyramid"'],
    ['pyramid:64KiB,bta=4', 'did you mean "beta"'],
    ['pyramid:64KiB,beta=x', 'beta = "x"'],
    ['pyramid:64KiB,beta', 'not key=value'],
  ])('refuses %s', (text, says) => {
    expect(() => parseAllocation(text)).toThrow(says);
  });
});
