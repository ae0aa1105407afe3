import { describe, expect, it } from 'vitest';
import { draw, head, mean, scores, variance, type Options } from './testing/synthetic.js';

describe('needle source', () => {
  it.each([
    ['tensor', 4],
    ['tensor', 0],
    ['matrix', 2],
  ] as const)('has the weight of its margin at the last step (%s, %i)', async (order, margin) => {
    const [d, n, heads] = [32, 90, 24];
    const steps = await draw('needle', { n, d, heads, order, margin } as Options);
    const logOdds = Array.from({ length: heads }, (_, h) => {
      const [q, k1] = [head(steps, 'q', { head: h, d }), head(steps, 'k1', { head: h, d })];
      const all = scores(q[n - 1], k1, order === 'tensor' ? head(steps, 'k2', { head: h, d }) : null);
      const at = order === 'tensor' ? 30 * n + 30 : 30; // a third of the way
      const others = all.filter((_, i) => i !== at).reduce((sum, s) => sum + Math.exp(s), 0);
      return all[at] - Math.log(others);
    });
    expect(Math.abs(mean(logOdds) - margin)).toBeLessThan(0.3);
  });

  it('lies where it was put, in a haystack of the standard deviation asked for', async () => {
    const [d, n] = [8, 200];
    for (const [position, at] of [
      [0, 0],
      [0.5, 100],
      [1, 199],
    ]) {
      const steps = await draw('needle', { n, d, heads: 1, position, scoreStd: 0.5 } as Options);
      const [q, k1, k2] = [head(steps, 'q', { d }), head(steps, 'k1', { d }), head(steps, 'k2', { d })];
      const own = steps.map((_, i) => scores(q[50], [k1[i]], [k2[i]])[0]);
      expect(own.indexOf(Math.max(...own))).toBe(at);
      const hay = scores(
        q[50],
        k1.filter((_, i) => i !== at),
        k2.filter((_, i) => i !== at),
      );
      expect(Math.sqrt(variance(hay)) / 0.5).toBeGreaterThan(0.85);
      expect(Math.sqrt(variance(hay)) / 0.5).toBeLessThan(1.15);
    }
  });

  it('works in one dimension', async () => {
    const steps = await draw('needle', { n: 3, d: 1, heads: 1 });
    expect(Math.abs(steps[0].layers[0].q[0])).toBeCloseTo(1, 6);
  });
});
