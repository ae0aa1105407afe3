import { describe, expect, it } from 'vitest';
import { didYouMean, nearest } from './nearest.js';

const caches = ['four-cache', 'four-cache-materialising', 'two-cache', 'subgen4', 'window'];

describe('nearest', () => {
  it.each([
    ['widow', ['window']],
    ['Window', ['window']],
    ['subgen', ['subgen4']],
    ['four', ['four-cache', 'four-cache-materialising']],
    ['too-cache', ['two-cache', 'four-cache']],
  ])('%s → %j', (typed, expected) => expect(nearest(typed, caches)).toEqual(expected));

  it('gives at most three, nearest first, ties in alphabetical order', () => {
    expect(nearest('ab', ['abcd', 'abb', 'aba', 'abc'])).toEqual(['aba', 'abb', 'abc']);
  });

  it('gives all names when none is near, also when they are short', () => {
    expect(nearest('elephant', caches)).toBe(caches);
    expect(nearest('q', ['t', 's'])).toEqual(['t', 's']);
    expect(didYouMean('q', ['t', 's'])).toBe('known names: t, s');
  });
});

it('didYouMean is a sentence in every case', () => {
  expect(didYouMean('widow', caches)).toBe(`did you mean "window"? All names: ${caches.join(', ')}`);
  expect(didYouMean('elephant', caches)).toBe(`known names: ${caches.join(', ')}`);
  expect(didYouMean('x', [])).toBe('no names are known here');
});
