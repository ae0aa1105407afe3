import { describe, expect, it } from 'vitest';
import { tempFolder } from '../sources/testing/bytes.js';
import { importers } from './index.js';
import { fuzz, samples } from './testing/fuzz.js';

const COUNT = 60; // `npm run test:long` tries 10,000 of each

describe('damaged files are refused or imported whole', () => {
  it.each(samples.map((sample) => [`${sample.importer}, ${sample.name}`, sample] as const))(
    '%s',
    async (_, sample) => {
      const { refused, imported } = await fuzz(await tempFolder(), sample, 1, COUNT);
      expect(refused + imported).toBe(COUNT);
      expect(refused).toBeGreaterThan(0);
    },
  );

  it('of every importer there is a sample', () => {
    const missing = importers.filter(({ name }) => !samples.some((sample) => sample.importer === name));
    expect(missing).toEqual([]);
  });
});
