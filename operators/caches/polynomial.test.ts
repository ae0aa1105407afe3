import { describe, expect, it } from 'vitest';
import { randomStream } from '../../src/core/random.js';
import { fourCache } from './four-cache.js';
import { monomials } from './polynomials/monomials.js';
import { polynomial } from './polynomial.js';
import { startTrial, withTrial, type Trial } from './testing/harness.js';
import { relativeError } from './testing/law.js';
import { referenceAttention } from './testing/reference.js';
import { makeStream, type Stream, type StreamShape, type Token } from './testing/streams.js';

const plain = { dtype: 'f64', scale: 1, zeroKeys: 0, zeroValues: 0, repeats: 0 } as const;
const stream = (shape: Pick<StreamShape, 'd' | 'n' | 'seed' | 'order' | 'maxScore'> & Partial<StreamShape>) =>
  makeStream({ ...plain, ...shape });

const factorial = (k: number): number => (k < 2 ? 1 : k * factorial(k - 1));
const taylor = (x: number, g: number) => {
  let sum = 0;
  for (let k = 0; k <= g; k++) sum += x ** k / factorial(k);
  return sum;
};

/** The answer from its definition: every pair by itself, exactly if both tokens are among the last `window`. */
function byPairs({ d, scale, tokens }: Stream, n: number, window: number, gN: number, gD: number) {
  const { q } = tokens[n - 1];
  const numerator = new Float64Array(d);
  let denominator = 0;
  const ones = new Float64Array(d).fill(1);
  for (let a = 0; a < n; a++) {
    const { k1, v1 } = tokens[a];
    for (let b = tokens[a].k2 === null ? a : 0; b <= (tokens[a].k2 === null ? a : n - 1); b++) {
      const [k2, v2] = [tokens[b].k2 ?? ones, tokens[b].v2 ?? ones];
      let s = 0;
      for (let t = 0; t < d; t++) s += scale * q[t] * k1[t] * k2[t];
      const recent = a >= n - window && b >= n - window;
      denominator += recent ? Math.exp(s) : taylor(s, gD);
      for (let t = 0; t < d; t++) numerator[t] += (recent ? Math.exp(s) : taylor(s, gN)) * v1[t] * v2[t];
    }
  }
  return { output: numerator.map((x) => x / denominator), lse: Math.log(denominator) };
}

const append = async (trial: Trial, tokens: readonly Token[]) => {
  for (const token of tokens) await trial.take(token);
};

describe('polynomial', () => {
  it('holds after a stream of growing keys what sums over all tokens give (streaming = batch)', () => {
    const [d, degree, n] = [3, 3, 40];
    const { tokens } = stream({ d, n, seed: 5, order: 'tensor', maxScore: 1 });
    const grown = tokens.map((token, i) => ({ ...token, k1: token.k1.map((x) => x * 1.3 ** i) }));
    const trial = startTrial(polynomial({ degree }), { ...plain, d, order: 'tensor' });
    for (const token of grown) trial.append(token);
    const state = trial.cache.snapshot();
    const [sums, scales] = [
      state['side1.all.sums'] as Float64Array,
      state['side1.scales.row'] as Float64Array,
    ];
    const list = monomials(d, degree);
    const largest = grown.reduce((max, { k1 }) => Math.max(max, ...k1.map(Math.abs)), 0);
    expect(Math.max(...scales)).toBeGreaterThanOrEqual(largest); // so it has rescaled, many times
    expect(scales.every((scale) => Number.isInteger(Math.log2(scale)))).toBe(true);
    for (let j = 0; j <= d; j++) {
      const expected = new Float64Array(list.count);
      for (const { k1, v1 } of grown) {
        list
          .at(k1.map((x, t) => x / scales[t]))
          .forEach((phi, f) => (expected[f] += phi * (j < d ? v1[j] : 1)));
      }
      expected.forEach((x, f) => expect(sums[f * (d + 1) + j]).toBe(x)); // bit for bit: powers of two round nothing
    }
    trial.release();
  });

  it.each([
    ['tensor', 3, 2, 0],
    ['tensor', 4, 4, 6],
    ['tensor', 0, 0, 5],
    ['matrix', 3, 2, 0],
    ['matrix', 2, 1, 6],
    ['matrix', 0, 0, 5],
  ] as const)(
    '%s order, degrees %i over %i, window %i: e^s for pairs of the window, the polynomial for all others',
    async (order, degree, denominatorDegree, window) => {
      const made = stream({ d: 4, n: 20, seed: 8, order, maxScore: 3 });
      const factory = polynomial({ degree, denominatorDegree, window });
      await withTrial(factory, made, async (trial) => {
        for (const [i, token] of made.tokens.entries()) {
          trial.append(token);
          const [answer, expected] = [
            await trial.ask(token.q),
            byPairs(made, i + 1, window, degree, denominatorDegree),
          ];
          expect(relativeError(answer.output, expected.output)).toBeLessThan(1e-12);
          expect(answer.lse).toBeCloseTo(expected.lse, 11);
        }
      });
    },
  );

  it('reproduces exact attention at a high degree (B = 0.5, degree 6: 1e-10)', async () => {
    const made = stream({ d: 4, n: 200, seed: 3, order: 'tensor', maxScore: 0.5 });
    const { q } = made.tokens[199];
    const centred = made.tokens.map((token) => ({ ...token, v1: token.v1.map((x) => x * 0.2), q }));
    await withTrial(polynomial({ degree: 6 }), made, async (trial) => {
      await append(trial, centred);
      const exact = referenceAttention({ ...made, tokens: centred }, 200);
      const { output } = await trial.ask(q);
      output.forEach((x, j) => expect(Math.abs(x - exact.output[j])).toBeLessThan(1e-9));
      const certificate = trial.cache.certify!(await trial.ask(q));
      expect(certificate).toBeLessThan(1e-3);
    });
  });

  it('answers zeros, and says so, where an odd polynomial makes the denominator negative', async () => {
    const row = (...x: number[]) => Float64Array.from(x);
    const shape = { ...plain, d: 1, order: 'matrix' } as const;
    await withTrial(polynomial({ degree: 1, denominatorDegree: 1 }), shape, async (trial) => {
      trial.append({ q: row(0), k1: row(-5), k2: null, v1: row(3), v2: null });
      const answer = await trial.ask(row(1)); // 1 − 5 < 0
      expect([...answer.output, answer.lse]).toEqual([0, -Infinity]);
      expect(trial.cache.outOfRange!(answer)).toContain('denominator is not positive');
      expect(trial.cache.certify!(answer)).toBeCloseTo(3, 10); // o is 3
    });
  });

  it('is positive for any scores with an even denominator', async () => {
    const made = stream({ d: 3, n: 30, seed: 6, order: 'tensor', maxScore: 1000 });
    for (const degree of [1, 3, 5]) {
      await withTrial(polynomial({ degree }), made, async (trial) => {
        for (const token of made.tokens) {
          trial.append(token);
          expect((await trial.ask(token.q)).lse).toBeGreaterThan(-Infinity);
        }
      });
    }
  });

  it('keeps keys of any size within float64', async () => {
    const made = stream({ d: 3, n: 12, seed: 2, order: 'tensor', maxScore: 0.5 });
    const huge = 2 ** 200;
    const large = made.tokens.map((token) => ({
      ...{ ...token, k1: token.k1.map((x) => x * huge), q: token.q.map((x) => x / huge) },
    }));
    const output = (tokens: readonly Token[]) =>
      withTrial(polynomial({ degree: 6 }), made, async (trial) => {
        await append(trial, tokens);
        return [...(await trial.ask(tokens[11].q)).output];
      });
    const [small, scaled] = [await output(made.tokens), await output(large)]; // k^6 would be 2^1200
    scaled.forEach((x, j) => expect(x).toBeCloseTo(small[j], 13));
  });

  it.each(['tensor', 'matrix'] as const)(
    'holds the same bytes after 1,000 and 100,000 tokens: %s',
    (order) => {
      const d = 4;
      const trial = startTrial(polynomial({ degree: 1, window: 8 }), { ...plain, d, order, dtype: 'f32' });
      const random = randomStream(1, 'tokens');
      const token = () => Float64Array.from({ length: d }, () => random.gaussian());
      const bytes = [1000, 100_000].map((n) => {
        while (trial.appended < n) {
          const [k2, v2] = order === 'tensor' ? [token(), token()] : [null, null];
          trial.append({ q: token(), k1: token(), k2, v1: token(), v2 });
        }
        return { ...trial.bytes(), reserved: trial.charged() };
      });
      expect(bytes[1]).toEqual(bytes[0]);
      trial.release();
    },
  );

  it('loses nothing over 100,000 tokens: the mean of equal values is that value', async () => {
    const shape = { ...plain, d: 1, order: 'tensor', dtype: 'f32' } as const;
    const [k, v] = [Float64Array.of(0.25), Float64Array.of(0.75)];
    await withTrial(polynomial({ degree: 3, denominatorDegree: 3 }), shape, async (trial) => {
      for (let i = 0; i < 100_000; i++) trial.append({ q: k, k1: k, k2: k, v1: v, v2: v });
      const { output, lse } = await trial.ask(k);
      expect(output[0]).toBeCloseTo(0.75 ** 2, 14);
      expect(lse).toBeCloseTo(2 * Math.log(1e5) + Math.log(taylor(0.25 ** 3, 3)), 12);
    });
  });

  it('is smaller than four caches from the n of math.md 5.4 on', () => {
    const numbers = (factory: ReturnType<typeof polynomial>, n: number, d: number) =>
      factory.formula({ n, d, order: 'tensor', bytesPerNumber: 8, census: null }).residentBytes / 8;
    for (const [d, degree, n] of [
      [4, 4, 44],
      [8, 4, 279],
      [16, 4, 2574],
      [32, 2, 290],
    ]) {
      const own = polynomial({ degree });
      expect(numbers(own, n, d)).toBeLessThan(numbers(fourCache(), n, d));
      expect(numbers(own, n - 1, d)).toBeGreaterThanOrEqual(numbers(fourCache(), n - 1, d));
    }
  });

  it('refuses more monomials than allowed, with their number and what would fit', () => {
    const shape = { ...plain, d: 64, order: 'tensor' } as const;
    const refused = expect.objectContaining({
      code: 'bad-option',
      what: 'cache polynomial: degree 4 in d = 64 coordinates has 814385 monomials, and maxMonomials = 65536',
      message: expect.stringContaining('degree 3 has 47905') as string,
    }) as Error;
    expect(() => startTrial(polynomial({ degree: 4 }), shape)).toThrow(refused);
    const input = { n: 1, d: 64, order: 'tensor', bytesPerNumber: 4, census: null } as const;
    expect(() => polynomial({ degree: 4 }).formula(input)).toThrow(refused);
    expect(polynomial({ degree: 4, maxMonomials: 1e6 }).formula(input).residentBytes).toBe(
      2 * 814_385 * 65 * 8,
    );
  });

  it.each([
    [{ degree: 2, denominatorDegree: 3 }, /denominatorDegree = 3 is more than degree = 2/],
    [{ degree: 17, fit: 'minimax' as const }, /minimax is good up to degree 16/],
  ])('refuses %o', (options, message) => {
    expect(() => startTrial(polynomial(options), { ...plain, d: 2, order: 'tensor' })).toThrow(message);
  });
});
