import { describe, expect, it } from 'vitest';
import { growthOf } from './growth.js';

const shape = { d: 64, order: 'tensor', bytesPerNumber: 4 } as const;

describe('growthOf', () => {
  it.each([
    ['four-cache', {}, { bytes: 1, time: 2 }],
    ['two-cache', {}, { bytes: 2, time: 2 }],
    ['window', { size: 64 }, { bytes: 0, time: 0 }],
    ['polynomial', { degree: 2 }, { bytes: 0, time: 0 }],
  ])('%s grows as its formula says', (name, options, growth) => {
    expect(growthOf(name, options, shape)).toEqual(growth);
  });

  it('is null for a plug-in and for options that are refused', () => {
    expect(growthOf('./mine.js#mine', {}, shape)).toBeNull();
    expect(growthOf('window', { sise: 3 }, shape)).toBeNull();
  });
});
