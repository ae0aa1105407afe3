import { describe, expect, it } from 'vitest';
import { failureOf } from './testing/bytes.js';
import {
  draw,
  head,
  KINDS,
  make,
  mean,
  scores,
  variance,
  type Column,
  type Options,
} from './testing/synthetic.js';

describe.each(['gaussian', 'sphere', 'clustered'] as const)('%s source', (kind) => {
  it.each([
    ['tensor', 2, 1],
    ['tensor', 0.5, 0.125],
    ['matrix', 3, 1],
  ] as const)(
    'has scores of the standard deviation asked for (%s, R = %f, scale %f)',
    async (order, scoreStd, scale) => {
      const [d, heads] = [12, 8];
      const steps = await draw(kind, { n: 300, d, heads, order, scoreStd, scale });
      const variances = Array.from({ length: heads }, (_, h) => {
        const [q, k1] = [head(steps, 'q', { head: h, d }), head(steps, 'k1', { head: h, d })];
        const k2 = order === 'tensor' ? head(steps, 'k2', { head: h, d }) : null;
        return [10, 100, 200].map((step) => variance(scores(q[step], k1, k2)));
      }).flat();
      expect((scale * Math.sqrt(mean(variances))) / scoreStd).toBeGreaterThan(0.96);
      expect((scale * Math.sqrt(mean(variances))) / scoreStd).toBeLessThan(1.04);
    },
  );
});

describe.each(KINDS)('%s source', (kind) => {
  const options: Options = { n: 6, d: 5, heads: 2, layers: 2, streams: 3 };

  it('repeats with a seed, and differs with another', async () => {
    expect(await draw(kind, options, 7)).toEqual(await draw(kind, options, 7));
    expect((await draw(kind, options, 8))[0].layers[0].k1).not.toEqual(
      (await draw(kind, options, 7))[0].layers[0].k1,
    );
  });

  it('gives every stream, step, layer and head rows of its own, streams in turn', async () => {
    const steps = await draw(kind, { ...options, ...(kind === 'needle' ? { position: 1 } : {}) });
    expect(steps.map(({ streamId, step, pos }) => [streamId, step, pos])).toEqual(
      Array.from({ length: 18 }, (_, i) => [i % 3, Math.floor(i / 3), Math.floor(i / 3)]),
    );
    const firsts = steps
      .filter(({ step }) => step < 5)
      .flatMap(({ layers }) =>
        layers.flatMap(({ q, k1, k2, v1, v2 }) => [q, k1, k2!, v1, v2!].flatMap((row) => [row[0], row[5]])),
      );
    expect(new Set(firsts).size).toBe(firsts.length);
    expect(steps[0].layers[1].k1).toBeInstanceOf(Float32Array);
    expect(steps[0].layers[1].k1).toHaveLength(10);
  });

  it('has the same side 1 in matrix order, and no side 2', async () => {
    if (kind === 'needle') return; // its keys depend on how many pairs there are
    const [tensor, matrix] = [await draw(kind, options), await draw(kind, { ...options, order: 'matrix' })];
    expect(matrix[4].layers[1].k2).toBeNull();
    expect(matrix[4].layers[1].v2).toBeNull();
    expect(matrix.map(({ layers }) => layers[0].k1)).toEqual(tensor.map(({ layers }) => layers[0].k1));
  });

  it('says its shape, its count and what it is', async () => {
    const source = make(kind, { ...options, scale: 0.5 });
    expect(await source.shape()).toEqual({ layers: 2, heads: 2, d: 5, order: 'tensor', scale: 0.5 });
    expect([await source.count(1000), await source.count(4)]).toEqual([18, 4]);
    expect(await source.describe()).toMatchObject({
      kind,
      seed: 7,
      n: 6,
      scoreStd: 1,
      values: 'independent',
    });
  });

  it('draws only what is asked for', async () => {
    const steps = make(kind, { n: 1e9 }).open()[Symbol.asyncIterator]();
    expect((await steps.next()).value).toMatchObject({ step: 0 });
    expect(await steps.return!()).toMatchObject({ done: true });
  });

  it.each([
    [{ d: 0 }, 'd = 0'],
    [{ n: 1.5 }, 'n = 1.5'],
    [{ scoreStd: 0 }, 'scoreStd = 0'],
    [{ values: 'linear' }, 'values = "linear"'],
    [{ head: 3 }, 'unknown option "head"'],
  ])('refuses %j', async (bad, word) => {
    const failure = await failureOf(() => make(kind, bad as Options));
    expect(failure.code).toBe('bad-option');
    expect(failure.what).toContain(`source ${kind}: ${word}`);
  });

  it('has values that follow the keys when they are to be correlated', async () => {
    const d = 6;
    const explained = async (values: 'independent' | 'correlated', column: Column, key: Column) => {
      const steps = await draw(kind, {
        n: 500,
        d,
        heads: 1,
        values,
        ...(kind === 'clustered' ? { clusters: 400 } : {}),
      } as Options);
      const [ks, vs] = [head(steps, key, { d }), head(steps, column, { d })];
      return mean(
        Array.from({ length: d }, (_, i) =>
          rSquared(
            vs.map((v) => v[i]),
            ks,
          ),
        ),
      );
    };
    for (const [value, key] of [
      ['v1', 'k1'],
      ['v2', 'k2'],
    ] as const) {
      expect(await explained('correlated', value, key)).toBeGreaterThan(0.8); // 1 / 1.09 with normal keys
      expect(await explained('independent', value, key)).toBeLessThan(0.1);
    }
    expect(await explained('correlated', 'v1', 'k2')).toBeLessThan(0.1);
  });
});

/** Share of the variance of y that a linear function of x explains, for x with uncorrelated columns. */
function rSquared(y: readonly number[], x: readonly ArrayLike<number>[]): number {
  const centred = (xs: readonly number[]) => xs.map((value) => value - mean(xs));
  return Array.from({ length: x[0].length }, (_, t) => {
    const [a, b] = [centred(y), centred(x.map((row) => row[t]))];
    return mean(a.map((value, i) => value * b[i])) ** 2 / (variance(a) * variance(b));
  }).reduce((sum, r2) => sum + r2, 0);
}

describe('sphere source', () => {
  it('has keys of length 1', async () => {
    for (const key of head(await draw('sphere', { n: 20, d: 9, heads: 1 }), 'k2', { d: 9 })) {
      expect(Math.hypot(...key)).toBeCloseTo(1, 5);
    }
  });
});
