import { describe, expect, it } from 'vitest';
import { topKMass } from '../src/bounds/top-k-mass.js';
import { randomStream } from '../src/core/random.js';
import { attend } from './attend.js';
import { compare } from './compare.js';
import { sparsity, sparsityOf } from './sparsity.js';
import { projected, stepByStep, testRun } from './testing/test-run.js';
import { updateCaches } from './update-caches.js';

const options = { epsilon: 0.1, mass: 0.9, share: 0.5, topKMass };

describe('sparsityOf', () => {
  it('counts, weighs and measures, by hand', () => {
    const found = sparsityOf(Float64Array.from([0.5, 0.3, 0.15, 0.05], Math.log), options);
    expect(found).toMatchObject({ pairs: 4, maxScore: Math.log(0.5), above: 3, pairsForMass: 3 });
    expect(found.topMass).toBeCloseTo(0.8, 14);
    const entropy = [0.5, 0.3, 0.15, 0.05].reduce((sum, p) => sum - p * Math.log(p), 0);
    expect(found.entropy).toBeCloseTo(entropy, 14);
    expect(found.topMassLaw).toBeCloseTo(topKMass(0.5, found.scoreStd), 14);
  });

  it('has the largest entropy where scores are equal, and none where one takes all', () => {
    const flat = sparsityOf(new Float64Array(1000).fill(700), options);
    expect(flat.entropy).toBeCloseTo(Math.log(1000), 12);
    expect([flat.above, flat.pairsForMass]).toEqual([0, 900]);
    expect(flat.scoreStd).toBeLessThan(1e-10);
    const peaked = sparsityOf(Float64Array.from([0, 5000, 0]), options);
    expect([peaked.entropy, peaked.above, peaked.pairsForMass, peaked.topMass]).toEqual([0, 1, 1, 1]);
  });

  it.each([
    [1, 0.1],
    [1, 0.01],
    [2, 0.1],
    [2, 0.01],
  ])('keeps the law of normal scores within 2%% of the softmax: n = 65536, R = %d, share %f', (R, share) => {
    const random = randomStream(1, 'law', R, share);
    let [mass, law] = [0, 0];
    for (let run = 0; run < 8; run++) {
      const scores = Float64Array.from({ length: 65_536 }, () => R * random.gaussian());
      const found = sparsityOf(scores, { ...options, share });
      mass += found.topMass / 8;
      law += found.topMassLaw / 8;
    }
    expect(Math.abs(mass - law)).toBeLessThan(0.02);
    expect(Math.abs(mass / law - 1)).toBeLessThan(0.05);
  });
});

describe('sparsity', () => {
  const look = async (order: 'tensor' | 'matrix', every: number, reference: 'f64' | 'none' = 'f64') => {
    const run = testRun({ order });
    const tokens = Array.from({ length: 5 }, (_, i) => projected(run, i, { prefill: i < 1 }));
    const events = await stepByStep(tokens, (token) =>
      token.pipe(
        updateCaches(run),
        attend(run),
        compare(run, { reference, always: true }),
        sparsity(run, { ...options, every }),
      ),
    );
    return events;
  };

  it.each(['tensor', 'matrix'] as const)('agrees with the exact answers, head by head: %s', async (order) => {
    const events = await look(order, 1);
    expect(events[0].sparsity).toBeNull(); // a prompt
    for (const { step, sparsity: found, exact } of events.slice(1)) {
      expect(found).toHaveLength(2);
      found!.forEach((head, h) => {
        expect(head.pairs).toBe(order === 'tensor' ? (step + 1) ** 2 : step + 1);
        expect(head.maxScore).toBeCloseTo(exact![h].maxScore, 12);
        expect(head.scoreStd).toBeCloseTo(exact![h].scoreStd, 12);
        expect(head.entropy).toBeLessThanOrEqual(Math.log(head.pairs) + 1e-12);
      });
    }
  });

  it('looks at every k-th step only, and not without a reference', async () => {
    expect((await look('tensor', 2)).map(({ sparsity: found }) => found !== null)).toEqual([
      ...[false, false, true, false, true],
    ]);
    expect((await look('tensor', 1, 'none')).every(({ sparsity: found }) => found === null)).toBe(true);
  });
});
