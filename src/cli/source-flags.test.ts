import { expect, it } from 'vitest';
import { sourceOf } from './source-flags.js';

const n = (source: string, tokens: number) => sourceOf({ source, tokens }, undefined).options.n;

it('--tokens counts the steps of all streams, n those of each', () => {
  expect(n('gaussian', 50)).toBe(50);
  expect(n('gaussian:streams=4', 50)).toBe(13);
  expect(n('gaussian:streams=4,n=9', 50)).toBe(9);
  expect(n('gaussian:streams=0', 50)).toBe(50); // the source refuses its streams
});

it('refuses to read a recording as text, unless a source says so', () => {
  expect(() => sourceOf({}, 'rec/recording.parquet')).toThrow(/kronflow replay rec\/recording\.parquet/);
  const named = sourceOf({ source: 'text:path=odd.arrow' }, undefined);
  expect(named).toMatchObject({ name: 'text', options: { path: 'odd.arrow' } });
});
