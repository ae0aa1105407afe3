import { expect, it } from 'vitest';
import { randomStream, type Random } from '../../src/core/random.js';
import { fourCache } from './four-cache.js';
import { skip } from './skip.js';
import { startTrial } from './testing/harness.js';

const [STREAMS, STEPS] = [84, 120];

/** A stream of some kind: plain keys, keys in runs that are alike, or a few large ones; never the same twice. */
function nextKey(random: Random, kind: number, d: number): () => Float64Array {
  let centre = new Float64Array(d);
  return () => {
    if (random.uniform() < 0.03) centre = centre.map(() => random.gaussian());
    const size = kind === 2 && random.uniform() < 0.02 ? 6 : kind === 1 ? 0.1 : 1;
    return centre.map((x) => (kind === 1 ? x : 0) + size * random.gaussian());
  };
}

it('never breaks its certificate: more than 10,000 steps of random streams, at every η', async () => {
  let [steps, skipped, tightest] = [0, 0, 0];
  for (let s = 0; s < STREAMS; s++) {
    const random = randomStream(s, 'certificates');
    const [d, eta] = [1 + random.below(8), 10 ** -random.below(5)];
    const order = s % 4 === 3 ? 'matrix' : 'tensor';
    const shape = { d, order, scale: 0.5, dtype: 'f64' } as const;
    const [trial, exact] = [startTrial(skip({ eta }), shape), startTrial(fourCache(), shape)];
    const [one, two] = [0, 1].map(() => nextKey(random, s % 3, d));
    const value = () => Float64Array.from({ length: d }, () => random.gaussian());
    const size = 10 ** (2 * random.uniform());
    for (let i = 0; i < STEPS; i++) {
      const q = value().map((x) => size * x);
      const token = {
        q,
        k1: one(),
        v1: value(),
        ...(order === 'tensor' ? { k2: two(), v2: value() } : { k2: null, v2: null }),
      };
      for (const each of [trial, exact]) each.append(token);
      const [answer, truth] = [await trial.ask(q), await exact.ask(q)];
      const error = Math.hypot(...answer.output.map((x, j) => x - truth.output[j]));
      const certificate = trial.cache.certify!(answer);
      const rounding = 1e-12 * (1 + Math.abs(truth.maxScore)) * Math.hypot(...truth.output);
      expect(error).toBeLessThanOrEqual(certificate + rounding);
      expect(answer.rest).toBeLessThanOrEqual(eta * (1 + 1e-9));
      expect(truth.lse - answer.lse).toBeLessThanOrEqual(
        Math.log1p(answer.rest) + 1e-12 * (1 + Math.abs(truth.lse)),
      );
      steps++;
      if (answer.pairs < truth.pairs) skipped++;
      if (error > rounding) tightest = Math.max(tightest, error / certificate);
    }
    for (const each of [trial, exact]) each.release();
  }
  expect(steps).toBeGreaterThan(10_000);
  expect(skipped).toBeGreaterThan(1000); // else nothing was put to the test
  expect(tightest).toBeGreaterThan(1e-4);
}, 300_000);
