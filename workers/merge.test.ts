import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { randomStream } from '../src/core/random.js';
import { clearPartial, PARTIAL, PARTIAL_HEADER, partialLength } from './kernels/partial.js';
import { mergePartials, multiplyAnswers, type TilePartial } from './merge.js';

const D = 3;
type Role = TilePartial['role'];

function partialOf(
  m: number,
  l: number,
  acc: readonly number[],
  rest: Partial<Record<keyof typeof PARTIAL, number>> = {},
) {
  const partial = new Float64Array(partialLength(acc.length));
  clearPartial(partial);
  for (const [name, value] of Object.entries({ m, l, ...rest }))
    partial[PARTIAL[name as keyof typeof PARTIAL]] = value;
  partial.set(acc, PARTIAL_HEADER);
  return partial;
}
const both = (partial: Float64Array, role: Role = 'both'): TilePartial => ({ role, partial });
const merge = (tiles: readonly TilePartial[], submitted = 0) => mergePartials(D, tiles, [], submitted);

/** Partials of random pairs (score, value), grouped as told; each group merged by plain sums. */
function grouped(
  pairs: readonly { s: number; v: readonly number[] }[],
  groups: readonly number[],
): TilePartial[] {
  const tiles: TilePartial[] = [];
  for (let at = 0, g = 0; at < pairs.length; g++) {
    const part = pairs.slice(at, (at += 1 + groups[g % groups.length]));
    const m = Math.max(...part.map(({ s }) => s));
    const weight = (s: number) => Math.exp(s - m);
    const acc = Array.from({ length: D }, (_, j) =>
      part.reduce((sum, { s, v }) => sum + weight(s) * v[j], 0),
    );
    tiles.push(
      both(
        partialOf(
          m,
          part.reduce((sum, { s }) => sum + weight(s), 0),
          acc,
        ),
      ),
    );
  }
  return tiles;
}

describe('mergePartials', () => {
  it('does not depend on how the pairs are grouped, to 1e-13 (property)', () => {
    const groups = fc.array(fc.nat(9), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(
        fc.nat(),
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 0, max: 300 }),
        groups,
        groups,
        (...given) => {
          const [seed, count, spread, one, two] = given;
          const normal = randomStream(seed);
          const pairs = Array.from({ length: count }, () => ({
            s: spread * normal.gaussian(),
            v: Array.from({ length: D }, () => 1 + normal.uniform()), // of one sign: nothing cancels
          }));
          const [a, b] = [merge(grouped(pairs, one)), merge(grouped(pairs, two))];
          a.output.forEach((x, j) => expect(Math.abs(x / b.output[j] - 1)).toBeLessThan(1e-13));
          expect(Math.abs(a.lse - b.lse)).toBeLessThan(1e-13 * Math.max(1, Math.abs(a.lse)));
        },
      ),
    );
  });

  it('weighs by e^m without overflow: weights sum to 1 (L4)', () => {
    const tiles = [
      both(partialOf(1000, 1, [1, 1, 1])),
      both(partialOf(1000, 3, [9, 6, 3])),
      both(partialOf(-1000, 5, [7, 7, 7])),
    ];
    const { output, lse } = merge(tiles);
    expect([...output]).toEqual([10 / 4, 7 / 4, 1]);
    expect(lse).toBe(1000 + Math.log(4));
    expect([...merge([both(partialOf(5, 2, [2, 2, 2])), both(partialOf(-3, 8, [8, 8, 8]))]).output]).toEqual([
      1, 1, 1,
    ]);
  });

  it('has −Infinity as its identity, and answers zeros to nothing at all', () => {
    const [one, nothing] = [both(partialOf(2, 4, [1, 2, 3])), both(partialOf(-Infinity, 0, [0, 0, 0]))];
    expect(merge([nothing, one, nothing])).toMatchObject({
      output: merge([one]).output,
      lse: merge([one]).lse,
    });
    for (const tiles of [[], [nothing], [nothing, nothing]]) {
      expect(merge(tiles)).toMatchObject({
        output: new Float64Array(D),
        lse: -Infinity,
        queue_ns: 0,
        pairs: 0,
      });
    }
  });

  it.each([
    ['m', partialOf(NaN, 1, [1, 1, 1]), 'both'],
    ['l', partialOf(-Infinity, NaN, [0, 0, 0]), 'both'],
    ['l of a numerator', partialOf(2, NaN, [0, 0, 0]), 'numerator'],
    ['l of a denominator', partialOf(2, NaN, []), 'denominator'],
    ['acc', partialOf(2, 1, [NaN, NaN, NaN]), 'both'],
  ] as const)('answers NaN, not zeros, where %s is no number', (_, partial, role) => {
    const good = role === 'both' ? [] : [both(partialOf(2, 1, [1, 1, 1]))];
    expect([...merge([...good, both(partial, role)]).output]).toEqual([NaN, NaN, NaN]);
    expect([...merge([both(partial, role), ...good]).output]).toEqual([NaN, NaN, NaN]);
    if (role !== 'numerator' && !Number.isNaN(partial[PARTIAL_HEADER])) {
      expect(merge([both(partial, role), ...good]).lse).toBeNaN();
    }
  });

  it('takes numerator and denominator from different jobs', () => {
    const tiles = [
      both(partialOf(1, 99, [2, 4, 6]), 'numerator'),
      both(partialOf(3, 2, [NaN, NaN, NaN]), 'denominator'), // a denominator has no values
    ];
    const { output, lse } = merge(tiles);
    output.forEach((x, j) => expect(x).toBeCloseTo(((j + 1) * 2 * Math.exp(1)) / (2 * Math.exp(3)), 15));
    expect(lse).toBe(3 + Math.log(2));
  });

  it('adds up what was measured, products included', () => {
    const tile = (max: number, mean: number, m2: number, pairs: number, start: number) =>
      both(partialOf(0, 1, [1, 1, 1], { max, mean, m2, pairs, start, flops: 10, ns: 7 }));
    const product = partialOf(-Infinity, 0, [], { flops: 1000, ns: 50, start: 90 });
    const answer = mergePartials(D, [tile(3, 3, 2, 2, 130), tile(5, 1.5, 5, 4, 110)], [product], 80);
    expect(answer).toMatchObject({
      maxScore: 5,
      scoreMean: 2,
      pairs: 6,
      flops: 1020,
      attend_ns: 64,
      queue_ns: 10,
    });
    expect(answer.scoreStd).toBeCloseTo(Math.sqrt((20 + 14) / 6 - 4), 14); // squares: 2 + 2·3², 5 + 4·1.5²
    expect(mergePartials(D, [tile(0, 0, 0, 1, 50)], [], 80).queue_ns).toBe(0); // clocks of threads may differ
  });
});

describe('multiplyAnswers', () => {
  it('is the answer over all combinations, where scores add and values multiply', () => {
    const [one, two] = [
      [1, 0.5, -2],
      [3, -1],
    ];
    const values = { one: [1, 2, 4], two: [5, -3] };
    const answerOf = (scores: readonly number[], v: readonly number[]) => {
      const m = Math.max(...scores);
      const weights = scores.map((s) => Math.exp(s - m));
      const mean = scores.reduce((a, b) => a + b) / scores.length;
      const m2 = scores.reduce((sum, s) => sum + (s - mean) ** 2, 0);
      const squares = weights.reduce((sum, w) => sum + w * w, 0);
      const rest = { max: m, mean, m2, squares, pairs: scores.length, flops: 7, ns: 2 };
      const l = weights.reduce((a, b) => a + b);
      const acc = weights.reduce((sum, w, i) => sum + w * v[i], 0);
      return mergePartials(1, [both(partialOf(m, l, [acc], rest))], [], 0);
    };
    const all = answerOf(
      one.flatMap((a) => two.map((b) => a + b)),
      values.one.flatMap((a) => values.two.map((b) => a * b)),
    );
    const product = multiplyAnswers([answerOf(one, values.one), answerOf(two, values.two)]);
    for (const name of ['lse', 'weightNorm', 'maxScore', 'scoreMean', 'scoreStd'] as const) {
      expect(product[name], name).toBeCloseTo(all[name], 12);
    }
    expect(product.output[0]).toBeCloseTo(all.output[0], 12);
    expect(product).toMatchObject({ pairs: 5, flops: 14, attend_ns: 4 }); // combinations are not scored
  });
});
