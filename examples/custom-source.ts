// A source of your own: keys that drift, so that recent tokens matter more than old ones.
//   npx kronflow run --source ./dist/examples/custom-source.js#drifting:rho=0.98 -c four-cache -c window:size=64
import { z } from 'zod';
import { defineSource, randomStream, type Random, type RecordedStep } from 'kronflow';

/**
 * Rows of one stream and layer. Key t is rho·(key t−1) + √(1 − rho²)·noise, so that keys t steps apart have correlation
 * rho^t; the query points where both keys stand now, at length 1/√d. Values are N(1, 1): around 0 relative
 * errors would say little.
 */
export const drifting = defineSource(
  {
    name: 'drifting',
    summary: 'synthetic rows: keys drift, queries look at the latest ones',
    brings: 'entries', // ready rows: nothing is projected
    paper: null,
    options: z.object({
      rho: z.number().min(0).max(1).default(0.95).describe('correlation of neighbouring keys'),
      n: z.int().min(1).default(200).describe('tokens'),
      d: z.int().min(1).default(32).describe('numbers per head'),
      heads: z.int().min(1).default(2),
    }),
  },
  ({ rho, n, d, heads }, { seed }) => ({
    kind: 'entries',
    streams: 1,
    describe: () => Promise.resolve({ kind: 'drifting', seed, rho, n, d, heads }), // goes into run.json
    count: (limit) => Promise.resolve(Math.min(n, limit)),
    shape: () => Promise.resolve({ d, heads, layers: 1, order: 'tensor' as const, scale: 1 }),
    async *open(): AsyncGenerator<RecordedStep> {
      const random = randomStream(seed, 'drifting'); // never Math.random: the same seed gives the same rows
      let [k1, k2] = [noise(heads * d, random), noise(heads * d, random)];
      for (let step = 0; step < n; step++) {
        const q = k1.map((x, t) => (x * k2[t]) / Math.sqrt(d));
        const [v1, v2] = [noise(heads * d, random), noise(heads * d, random)].map((v) => v.map((x) => 1 + x));
        yield {
          streamId: 0,
          step,
          pos: step,
          tokenId: null,
          prefill: false,
          layers: [{ q, k1, k2, v1, v2 }],
        };
        [k1, k2] = [drift(k1, rho, random), drift(k2, rho, random)];
      }
    },
  }),
);

function noise(length: number, random: Random): Float32Array {
  return Float32Array.from({ length }, () => random.gaussian());
}

/** The next key; the old one may still be read. */
function drift(key: Float32Array, rho: number, random: Random): Float32Array {
  return key.map((x) => rho * x + Math.sqrt(1 - rho * rho) * random.gaussian());
}
