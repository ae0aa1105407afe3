import { describe, expect, it } from 'vitest';
import { failureOf } from './testing/bytes.js';
import { draw, head, make, mean, scores, variance, type Options } from './testing/synthetic.js';

describe('clustered source', () => {
  it.each(['k1', 'k2'] as const)('has m clusters of %s, as wide as the noise', async (column) => {
    const [d, clusters, noise] = [16, 5, 0.1];
    const keys = head(await draw('clustered', { n: 400, d, heads: 1, clusters, noise } as Options), column, {
      d,
    });
    const distance = (a: Float32Array, b: Float32Array) => Math.hypot(...a.map((x, t) => x - b[t]));
    const found: Float32Array[][] = [];
    for (const key of keys as Float32Array[]) {
      const near = found.find(([first]) => distance(first, key) < 0.4); // within: 0.14; between: 1.4
      if (near) near.push(key);
      else found.push([key]);
    }
    expect(found).toHaveLength(clusters);
    const spreads = found.map((members) => {
      const centre = members[0].map((_, t) => mean(members.map((key) => key[t])));
      return mean(members.map((key) => distance(key, centre) ** 2));
    });
    expect(Math.sqrt(mean(spreads)) / noise).toBeCloseTo(1, 1);
  });

  it('has values with a mean of their own in every cluster', async () => {
    const d = 4;
    const steps = await draw('clustered', { n: 400, d, heads: 1, clusters: 2, noise: 0 } as Options);
    const [keys, values] = [head(steps, 'k1', { d }), head(steps, 'v1', { d })];
    const groups = [true, false].map((first) =>
      values.filter((_, i) => (keys[i][0] === keys[0][0]) === first),
    );
    for (const group of groups) expect(Math.sqrt(variance(group.map((v) => v[0])))).toBeCloseTo(0.5, 1);
    expect(Math.abs(mean(groups[0].map((v) => v[0])) - mean(groups[1].map((v) => v[0])))).toBeGreaterThan(
      0.1,
    );
  });

  it.each(['tensor', 'matrix'] as const)(
    'has scores of the standard deviation asked for with wide clusters (%s)',
    async (order) => {
      const [d, heads] = [8, 12];
      const steps = await draw('clustered', { n: 250, d, heads, order, clusters: 2, noise: 2 } as Options);
      const variances = Array.from({ length: heads }, (_, h) => {
        const [q, k1] = [head(steps, 'q', { head: h, d }), head(steps, 'k1', { head: h, d })];
        return variance(scores(q[9], k1, order === 'tensor' ? head(steps, 'k2', { head: h, d }) : null));
      });
      expect(Math.abs(Math.sqrt(mean(variances)) - 1)).toBeLessThan(0.06);
    },
  );

  it.each([0, 1e-9, 1e-6])(
    'refuses keys that are all alike (1 cluster, noise %f) before it draws',
    async (noise) => {
      for (const order of ['tensor', 'matrix'] as const) {
        const source = make('clustered', { clusters: 1, noise, order } as Options);
        const refused = { code: 'bad-option', what: expect.stringContaining('so alike') };
        expect(await failureOf(() => source.shape())).toMatchObject(refused);
        expect(await failureOf(() => source.open()[Symbol.asyncIterator]().next())).toMatchObject(refused);
      }
    },
  );

  it('has scores of the standard deviation asked for in one narrow cluster', async () => {
    const [d, heads] = [8, 4];
    const steps = await draw('clustered', { n: 300, d, heads, clusters: 1, noise: 1e-4 } as Options);
    const variances = Array.from({ length: heads }, (_, h) => {
      const [q, k1, k2] = (['q', 'k1', 'k2'] as const).map((part) => head(steps, part, { head: h, d }));
      return variance(scores(q[9], k1, k2));
    });
    expect(Math.abs(Math.sqrt(mean(variances)) - 1)).toBeLessThan(0.06);
  });
});
