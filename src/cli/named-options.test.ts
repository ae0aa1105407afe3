import { expect, it } from 'vitest';
import { parseCaches, parseNamed } from './named-options.js';

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

it('labels a cache by its name, or by all of its text where the name stands twice', () => {
  const labels = parseCaches(['window', 'two-cache:x=1', 'window:size=4', 'window:size=8,label=small']);
  expect(labels.map(({ label }) => label)).toEqual(['window', 'two-cache', 'window:size=4', 'small']);
  expect(labels[3].options).toEqual({ size: 8 });
});

it('labels a plug-in by its export, or by its file, and reads its options', () => {
  const parsed = parseCaches([
    './caches/mine.js#ring:size=3',
    './lru.mjs',
    '@me/caches#lfu',
    '../x.js#ring:label=b',
  ]);
  expect(parsed.map(({ name, label }) => [name, label])).toEqual([
    ['./caches/mine.js#ring', 'ring'],
    ['./lru.mjs', 'lru'],
    ['@me/caches#lfu', 'lfu'],
    ['../x.js#ring', 'b'],
  ]);
  expect(parsed[0].options).toEqual({ size: 3 });
});
