import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomStream, type Random } from './random.js';

const take = (random: Random, count: number) => Array.from({ length: count }, () => random.uniform());

describe('randomStream', () => {
  it('gives the same numbers for the same name, for ever (L6)', () => {
    const random = randomStream(42, 'embed', 7);
    expect([random.uniform(), random.gaussian(), random.gaussian(), random.below(1000)]).toEqual([
      0.14262802219199677, -0.2640367358975679, -2.767540699955874, 436,
    ]);
    expect(take(randomStream(42, 'embed', 7), 5)).toEqual(take(randomStream(42, 'embed', 7), 5));
  });

  it('gives unrelated numbers for different names (property)', () => {
    const name = fc.tuple(
      fc.nat(1e6),
      fc.array(fc.oneof(fc.string({ maxLength: 3 }), fc.nat(99)), { maxLength: 3 }),
    );
    fc.assert(
      fc.property(name, name, ([seed1, labels1], [seed2, labels2]) => {
        fc.pre([seed1, ...labels1].join('\0') !== [seed2, ...labels2].join('\0'));
        const [a, b] = [take(randomStream(seed1, ...labels1), 4), take(randomStream(seed2, ...labels2), 4)];
        expect(a.filter((x, i) => x === b[i])).toEqual([]);
      }),
    );
    expect(take(randomStream(1, 'a', 'b'), 1)).not.toEqual(take(randomStream(1, 'ab'), 1));
  });

  it('goes on bit for bit after restore, with a spare normal or without one (L6, property)', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(9), (seed, warm) => {
        const [one, two] = [randomStream(seed), randomStream(seed + 1, 'other')];
        for (let i = 0; i < warm; i++) one.gaussian();
        two.restore(one.state());
        const next = (r: Random) => [r.gaussian(), r.uniform(), r.gaussian(), r.below(10)];
        expect(next(two)).toEqual(next(one));
        expect(two.state()).toEqual(one.state());
      }),
    );
  });

  it('is uniform: mean, variance and every tenth within 4 standard errors', () => {
    const [n, random] = [20_000, randomStream(3)];
    const tenths = new Array<number>(10).fill(0);
    let [sum, squares] = [0, 0];
    for (let i = 0; i < n; i++) {
      const x = random.uniform();
      expect(x >= 0 && x < 1).toBe(true);
      tenths[Math.floor(10 * x)]++;
      sum += x;
      squares += (x - 0.5) ** 2;
    }
    expect(Math.abs(sum / n - 0.5)).toBeLessThan(4 * Math.sqrt(1 / 12 / n));
    expect(Math.abs(squares / n - 1 / 12)).toBeLessThan(4 * Math.sqrt(1 / 180 / n));
    for (const count of tenths) expect(Math.abs(count - n / 10)).toBeLessThan(4 * Math.sqrt(n * 0.09));
  });

  it('is normal: mean, variance and kurtosis within 4 standard errors, pairs uncorrelated', () => {
    const [n, random] = [20_000, randomStream(4)];
    const x = Array.from({ length: n }, () => random.gaussian());
    const moment = (f: (x: number, i: number) => number) => x.reduce((sum, v, i) => sum + f(v, i), 0) / n;
    expect(Math.abs(moment((v) => v))).toBeLessThan(4 / Math.sqrt(n));
    expect(Math.abs(moment((v) => v * v) - 1)).toBeLessThan(4 * Math.sqrt(2 / n));
    expect(Math.abs(moment((v) => v ** 4) - 3)).toBeLessThan(4 * Math.sqrt(96 / n));
    expect(Math.abs(moment((v, i) => v * x[i ^ 1]))).toBeLessThan(4 * Math.sqrt(2 / n));
  });

  it('draws below n every number, and never n (property)', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 2 ** 53 }), (seed, n) => {
        const drawn = randomStream(seed).below(n);
        expect(Number.isInteger(drawn) && drawn >= 0 && drawn < n).toBe(true);
      }),
    );
    const random = randomStream(5);
    expect(new Set(Array.from({ length: 100 }, () => random.below(6))).size).toBe(6);
  });
});
