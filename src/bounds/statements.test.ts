import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contradictionLength, indexLowerBound, losslessBits, separatingNorm } from './index-bound.js';
import { bounds, boundsInput, type BoundsInput, type Statement } from './index.js';

const at = (input: Partial<BoundsInput> = {}) => boundsInput.parse(input);
const statement = (name: string, input: Partial<BoundsInput> = {}): Statement =>
  bounds.map((bound) => bound(at(input))).find((s) => s.name === name)!;
const beside = (name: string, what: RegExp, input: Partial<BoundsInput> = {}) =>
  statement(name, input).beside.find((b) => what.test(b.what))!;

describe('every statement', () => {
  const all = bounds.map((bound) => bound(at()));

  it('of the issue is there', () => {
    expect(all.map(({ name }) => name)).toEqual([
      ...['Theorem 4.1', 'Theorem 4.2', 'Theorem 4.3', 'Corollary 4.4', 'Corollary 4.5'],
      ...['Lemma 5.1', 'Lemma 5.2', 'Lemma 5.3', 'Lemma 5.4', 'Clusters of products'],
      ...['Corollary 6.1', 'Corollary 6.2', 'Theorem 6.3', 'Theorem 6.4', 'Polynomial break-even'],
    ]);
  });

  it.each(all.map((s) => [s.name, s] as const))('%s says in two sentences what is wrong', (_, s) => {
    expect(s.wrong.match(/[.](?= [A-Z]|$)/g)).toHaveLength(2);
    expect(s.wrong).toMatch(/\.$/);
    expect(s.conditions.length).toBeGreaterThan(0);
  });

  it('is a number at the ends of every parameter, or says by its logarithm how large it is', () => {
    const ends = fc.record({
      n: fc.constantFrom(3, 1e12),
      d: fc.constantFrom(1, 1e6),
      eps: fc.constantFrom(1e-6, 0.999),
      p: fc.constantFrom(0.501, 1),
      delta: fc.constantFrom(1e-3, 2),
      r: fc.constantFrom(1e-3, 1e6),
      m: fc.constantFrom(1, 1e12),
      g: fc.constantFrom(0, 12),
    });
    fc.assert(
      fc.property(ends, (input) => {
        for (const bound of bounds) {
          const { name, claimed, corrected, beside } = bound(at(input));
          for (const { value, log10, formula } of [claimed ?? corrected, corrected, ...beside]) {
            expect(value, `${name}: ${formula}`).not.toBeNaN();
            if (value > 1e300 && !formula.startsWith('∫'))
              expect(log10, `${name}: ${formula}`).toBeGreaterThan(300);
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('memory lower bounds', () => {
  it('have the constant IDX(p − β)', () => {
    expect(statement('Theorem 4.1', { n: 1000, d: 10, p: 0.9 }).corrected.value).toBeCloseTo(5310, 0);
    expect(statement('Theorem 4.1', { n: 1000, d: 10, p: 0.99 }).corrected.value).toBeCloseTo(9192, 0);
    expect(statement('Theorem 4.1', { n: 1000, d: 10 }).claimed!.value).toBe(10_000);
    const beta = 1 / 1000;
    expect(statement('Theorem 4.1', { beta }).corrected.value).toBeLessThan(
      statement('Theorem 4.1').corrected.value,
    );
  });

  it('for n² free triples exceed the lossless four caches from n = 241 on (float32, p = .9)', () => {
    expect(Math.floor(contradictionLength(at()))).toBe(241);
    expect(losslessBits(at({ n: 100, d: 8, w: 32 }))).toBe(4 * 100 * 8 * 32);
    fc.assert(
      fc.property(fc.integer({ min: 3, max: 5000 }), fc.integer({ min: 1, max: 512 }), (n, d) => {
        const input = at({ n, d });
        expect(indexLowerBound(n * n, input) > losslessBits(input)).toBe(n > 241);
        expect(indexLowerBound(n, input)).toBeLessThan(losslessBits(input));
      }),
    );
  });

  it('correct Theorem 4.2 to what tensor decoding needs, and keep n²·d for free triples', () => {
    const { corrected, conditions } = statement('Theorem 4.2', { n: 1024 });
    expect(corrected.value).toBe(statement('Theorem 4.1', { n: 1024 }).corrected.value);
    expect(beside('Theorem 4.2', /free triples/, { n: 1024 }).value).toBe(1024 * corrected.value);
    expect(conditions.map(({ holds }) => holds)).toEqual([false, false, false]);
    expect(statement('Theorem 4.2', { n: 200 }).conditions[1].holds).toBe(true);
  });

  it('grow with n, d and p', () => {
    const sizes = fc.record({
      n: fc.integer({ min: 3, max: 1e6 }),
      d: fc.integer({ min: 1, max: 1e4 }),
      p: fc.double({ min: 0.51, max: 0.99, noNaN: true }),
    });
    fc.assert(
      fc.property(sizes, ({ n, d, p }) => {
        for (const name of [
          'Theorem 4.1',
          'Theorem 4.2',
          'Corollary 4.4',
          'Corollary 4.5',
          'Corollary 6.1',
        ]) {
          const value = (input: Partial<BoundsInput>) =>
            statement(name, { n, d, p, ...input }).corrected.value;
          expect(value({ n: n + 1 })).toBeGreaterThanOrEqual(value({}));
          expect(value({ d: d + 1 })).toBeGreaterThanOrEqual(value({}) * (1 - 1e-9));
          expect(value({ p: p + 0.005 })).toBeGreaterThan(value({}));
        }
      }),
      { numRuns: 50 },
    );
  });

  it('say when the dimension is enough for the keys', () => {
    expect(statement('Theorem 4.1', { n: 64, d: 123 }).conditions[0].holds).toBe(false);
    expect(statement('Theorem 4.1', { n: 64, d: 124 }).conditions[0].holds).toBe(true);
  });

  it('need a longer query for a rougher approximation', () => {
    expect(separatingNorm(1024, 1e-9, 0)).toBeCloseTo(Math.log(1023), 6);
    expect(separatingNorm(1024, 0.9, 0.45)).toBeGreaterThan(separatingNorm(1024, 0.1, 0.45));
    expect(separatingNorm(1024, 0.1, 0.45)).toBeCloseTo((Math.log(1023) + Math.log(1.1 / 0.9)) / 0.55, 9);
  });
});

describe('lower bounds of tensor decoding', () => {
  it('are at most the lossless four caches, which answer every query', () => {
    const input = fc.record({
      n: fc.integer({ min: 3, max: 1e6 }),
      d: fc.integer({ min: 1, max: 300 }),
      p: fc.double({ min: 0.51, max: 1, noNaN: true }),
      r: fc.double({ min: 0.01, max: 1e6, noNaN: true }),
      w: fc.integer({ min: 1, max: 64 }),
    });
    fc.assert(
      fc.property(input, (given) => {
        const lower = bounds
          .map((bound) => bound(at(given)))
          .filter(({ about }) => /^least memory/.test(about));
        expect(lower).toHaveLength(6);
        for (const { name, corrected } of lower)
          expect(corrected.value, name).toBeLessThanOrEqual(losslessBits(at(given)));
      }),
    );
  });
});

describe('Theorem 4.3', () => {
  it('saves nothing against the fused form and up to 1.5 times against the materialising one', () => {
    expect(statement('Theorem 4.3', { n: 512, d: 64 }).claimed!.value).toBe(2 * 512 ** 2 * 64);
    expect(statement('Theorem 4.3', { n: 512, d: 64 }).corrected.value).toBe((2 - 512) * 64);
    const ratio = (n: number) => beside('Theorem 4.3', /materialising/, { n }).value;
    expect(ratio(1e6)).toBeCloseTo(1.5, 5);
    expect(ratio(64)).toBeLessThan(ratio(640));
    expect(ratio(1e6)).toBeLessThanOrEqual(1.5);
  });

  it('reads half an operation per byte at float32', () => {
    expect(beside('Theorem 4.3', /per byte/, { w: 32 }).value).toBe(0.5);
  });
});

describe('few dimensions', () => {
  it('force d·e^d bits only when a query may have norm 14.3·d', () => {
    const few = { n: 1e12, d: 12, p: 0.9 };
    const short = statement('Corollary 6.1', { ...few, r: 4 });
    const long = statement('Corollary 6.1', { ...few, r: 14.3 * 12 });
    expect(short.conditions.map(({ holds }) => holds)).toEqual([true, false]);
    expect(long.conditions.map(({ holds }) => holds)).toEqual([true, true]);
    expect(short.corrected.value).toBeLessThan(0.001 * short.claimed!.value);
    expect(long.corrected.value).toBeGreaterThan(0.1 * long.claimed!.value);
  });

  it('never force more than n rows, or n² rows of free triples', () => {
    const input = { n: 100, d: 12, p: 0.9, r: 1e6 };
    expect(statement('Corollary 6.1', input).corrected.value).toBeCloseTo(0.531 * 12 * 100, 0);
    expect(statement('Corollary 6.2', input).corrected.value).toBeCloseTo(0.531 * 12 * 100, 0);
    expect(beside('Corollary 6.2', /free triples/, input).value).toBeCloseTo(0.531 * 12 * 1e4, -1);
  });

  it('count whole keys: where 2.48 would fit, 2 do', () => {
    const input = { n: 1e6, d: 3, p: 1, r: 4 };
    const keys = beside('Corollary 6.1', /tell apart/, input);
    expect(keys).toMatchObject({ value: 2, log10: Math.log10(2) });
    expect(statement('Corollary 6.1', input).corrected.value).toBe(3 * 2);
    const huge = beside('Corollary 6.1', /norm 1/, { d: 1000, r: 1e6 });
    expect(huge.value).toBe(Infinity);
    expect(huge.log10).toBeGreaterThan(308);
  });

  it('give SubGen no e^d: uniform samples grow with d·ε⁻², not exponentially', () => {
    const input = { n: 1e6, eps: 0.1, r: 2 };
    const growth = (which: 'claimed' | 'corrected') =>
      statement('Theorem 6.3', { ...input, d: 40 })[which]!.value /
      statement('Theorem 6.3', { ...input, d: 20 })[which]!.value;
    expect(growth('claimed')).toBeGreaterThan(1e8);
    expect(growth('corrected')).toBeLessThanOrEqual(4);
    expect(statement('Theorem 6.4', input).corrected).toEqual(statement('Theorem 6.3', input).corrected);
  });
});

describe('SubGen', () => {
  const input = { n: 1000, d: 16, eps: 0.5, m: 4, delta: 0.1, r: 1 };

  it('takes t for the diameter of products, and both sides', () => {
    const t = Math.ceil((Math.exp(0.4) * Math.log(1000)) / 0.25);
    const vectors = 4 * (1 + t) + 2 * 64;
    expect(beside('Lemma 5.1', /vectors a side/, input).value).toBeCloseTo(vectors, 6);
    expect(statement('Lemma 5.1', input).corrected.value).toBeCloseTo(2 * 32 * 16 * vectors, 3);
    expect(statement('Lemma 5.1', input).claimed!.value).toBeCloseTo(
      (16 / 0.25) * (16 + 4 * Math.exp(0.2) * Math.log(1000)),
      6,
    );
  });

  it('cannot be sublinear on the stream of products', () => {
    expect(statement('Lemma 5.2', input).corrected.value).toBeGreaterThan(losslessBits(at(input)));
  });

  it('needs 5.41^d clusters where the paper has e^d = 2.72^d', () => {
    const { claimed, corrected } = statement('Lemma 5.4', { d: 10 });
    expect(claimed!.value ** 0.1).toBeCloseTo(Math.E, 9);
    expect(corrected.value ** 0.1).toBeCloseTo(5.41, 2);
    expect(statement('Lemma 5.3', { d: 10 }).claimed!.value ** 0.1).toBeCloseTo(3.31, 2);
    expect(statement('Lemma 5.4', { delta: 1.1 }).conditions[1].holds).toBe(false);
    expect(statement('Lemma 5.4', { delta: 1.104 }).conditions[1].holds).toBe(true);
  });

  it('has m² clusters of products', () => {
    expect(statement('Clusters of products', { m: 50 }).corrected.value).toBe(2500);
  });
});
