import { describe, expect, it } from 'vitest';
import { tempFolder } from '../sources/testing/bytes.js';
import { fuzz, samples } from './testing/fuzz.js';

const [COUNT, MAX_MS, MAX_BYTES] = [10_000, 20_000, 1.5e9];

describe('10,000 damaged files of every importer are refused or imported whole', () => {
  it.each(samples.map((sample) => [`${sample.importer}, ${sample.name}`, sample] as const))(
    '%s',
    async (_, sample) => {
      const { refused, imported, slowest_ms } = await fuzz(await tempFolder(), sample, 1000, COUNT);
      console.log(
        `${sample.importer}, ${sample.name}: ${refused} refused, ${imported} imported, slowest ${slowest_ms.toFixed(0)} ms`,
      );
      expect(refused + imported).toBe(COUNT);
      expect(refused).toBeGreaterThan(COUNT / 10);
      expect(slowest_ms).toBeLessThan(MAX_MS);
      expect(process.memoryUsage.rss()).toBeLessThan(MAX_BYTES);
    },
  );
});
