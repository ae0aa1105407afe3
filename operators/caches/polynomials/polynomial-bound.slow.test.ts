import { expect, it } from 'vitest';
import { randomStream } from '../../../src/core/random.js';
import type { Order } from '../../../src/core/shape.js';
import { polynomial } from '../polynomial.js';
import { withTrial } from '../testing/harness.js';
import { referenceAttention } from '../testing/reference.js';
import { makeStream, type StreamShape } from '../testing/streams.js';

const plain = { dtype: 'f64', scale: 1, zeroKeys: 0, zeroValues: 0, repeats: 0 } as const;
const stream = (shape: Pick<StreamShape, 'd' | 'n' | 'seed' | 'order' | 'maxScore'> & Partial<StreamShape>) =>
  makeStream({ ...plain, ...shape });

it('never violates its certificate in 12,000 random steps, and says something in most of them', async () => {
  const random = randomStream(1, 'certificates');
  const pick = <T>(...from: readonly T[]): T => from[random.below(from.length)];
  let [steps, useful, closest] = [0, 0, 0];
  while (steps < 12_000) {
    const order: Order = pick('tensor', 'matrix');
    const made = stream({
      ...{
        d: 1 + random.below(5),
        n: 20,
        seed: random.below(1e9),
        order,
        maxScore: pick(0, 0.05, 0.3, 1, 2, 5),
      },
      ...{
        dtype: pick('f32', 'f64'),
        scale: pick(1, 0.25),
        zeroValues: pick(0, 0.3),
        repeats: pick(0, 0.5),
      },
    });
    const degree = random.below(6);
    const factory = polynomial({
      ...{ degree, denominatorDegree: random.below(degree + 1) },
      ...{ fit: pick('taylor', 'minimax'), window: pick(0, 0, 3, 12) },
    });
    await withTrial(factory, made, async (trial) => {
      for (const [i, token] of made.tokens.entries()) {
        trial.append(token);
        const answer = await trial.ask(token.q);
        const bound = trial.cache.certify!(answer);
        const exact = referenceAttention(made, i + 1);
        const error = Math.hypot(...answer.output.map((x, j) => x - exact.output[j]));
        expect(error, JSON.stringify({ ...factory.options, i, order })).toBeLessThanOrEqual(bound);
        const norm = Math.hypot(...exact.output);
        useful += bound < norm ? 1 : 0;
        closest = Math.max(closest, error / bound || 0);
        if (trial.cache.outOfRange!(answer) !== null)
          expect(bound).toBeGreaterThanOrEqual(norm * (1 - 1e-12));
        steps++;
      }
    });
  }
  expect(useful / steps).toBeGreaterThan(0.4);
  expect(closest).toBeGreaterThan(0.3); // not so wide that no error could ever reach it
});

it('says when scores may leave the range in which it promises something, and where that ends', async () => {
  const made = stream({ d: 2, n: 1, seed: 4, order: 'matrix', maxScore: 1 });
  const [{ q, k1 }] = made.tokens;
  const score = Math.abs(q[0] * k1[0]) + Math.abs(q[1] * k1[1]);
  await withTrial(polynomial({ degree: 3 }), made, async (trial) => {
    for (const token of made.tokens) trial.append(token);
    const said = async (range: number) => {
      const answer = await trial.ask(q.map((x) => (x * range) / score));
      return [trial.cache.outOfRange!(answer), trial.cache.certify!(answer)] as const;
    };
    expect((await said(0.8))[0]).toBeNull();
    expect((await said(3))[0]).toBe(
      'scores may reach ±3.00, and taylor polynomials of degree 3 over 2 certify nothing beyond ±1.09',
    );
    expect((await said(3))[1]).toBeLessThan(Infinity); // what holds for any answer
    expect((await said(1.09))[0]).toBeNull();
    expect((await said(1.19))[0]).not.toBeNull();
  });
  await withTrial(polynomial({ window: 9 }), made, async (trial) => {
    for (const token of made.tokens) trial.append(token);
    expect(trial.cache.outOfRange!(await trial.ask(q.map((x) => x * 100)))).toBeNull(); // exact
  });
});
