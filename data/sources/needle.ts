import { z } from 'zod';
import type { Random } from '../../src/core/random.js';
import { defineSource } from '../../src/core/source.js';
import { gaussianHead } from './gaussian.js';
import {
  fillGaussian,
  square,
  syntheticOptions,
  syntheticSource,
  type HeadModel,
  type SyntheticOptions,
} from './synthetic.js';

/** Cosine between every query and the direction of the needle; the rest of a query is random. */
const ALIGNMENT = 0.7;

/**
 * One token that every query looks for, in a haystack of normal keys. The keys of the needle are ±γ, with γ such
 * that its score is `margin` above the expected log-sum of the others' at the last step, ln n² + R²/2 (matrix
 * order: ln n + R²/2): exact attention then gives it a weight near 1/(1 + e^-margin), and a cache that lost it
 * cannot answer. R is that of the haystack; queries before the needle look for it in vain.
 */
export const needleSource = defineSource(
  {
    name: 'needle',
    summary: 'synthetic rows: one key that every query looks for',
    brings: 'entries',
    paper: null,
    options: z.object({
      ...syntheticOptions,
      position: z
        .number()
        .min(0)
        .max(1)
        .default(1 / 3)
        .describe('where the needle is: 0 the first token, 1 the last'),
      margin: z
        .number()
        .default(4)
        .describe('score of the needle above the log-sum of all others at the last step'),
    }),
  },
  (options, { seed }) => {
    const at = Math.min(options.n - 1, Math.floor(options.position * options.n));
    return syntheticSource('needle', options, seed, (random) => needleHead(options, at, random));
  },
);

function needleHead(options: SyntheticOptions & { margin: number }, at: number, random: Random): HeadModel {
  const { d, n, order, scoreStd, margin } = options;
  const haystack = gaussianHead(d);
  const alignment = d === 1 ? 1 : ALIGNMENT; // one dimension has no room for anything else
  const score = (order === 'tensor' ? 2 : 1) * Math.log(n) + scoreStd ** 2 / 2 + margin;
  // <q, γᵒ·signs> = γᵒ·R·alignment·√d, with o = 2 in tensor order (both keys carry γ), else 1.
  const power = Math.max(score, 0) / (scoreStd * alignment * Math.sqrt(d));
  const gamma = order === 'tensor' ? Math.sqrt(power) : power;
  const signs = [1, 2].map(() => Float64Array.from({ length: d }, () => (random.uniform() < 0.5 ? -1 : 1)));
  const towards = signs[0].map((sign, t) => (sign * (order === 'tensor' ? signs[1][t] : 1)) / Math.sqrt(d)); // unit
  return {
    ...haystack,
    drawKey(key, token, rowRandom) {
      haystack.drawKey(key, token, rowRandom);
      if (token.step === at) for (let t = 0; t < d; t++) key[t] = gamma * signs[token.side - 1][t];
      return 0;
    },
    drawDirection(query, rowRandom) {
      fillGaussian(query, rowRandom);
      let along = 0;
      for (let t = 0; t < d; t++) along += query[t] * towards[t];
      for (let t = 0; t < d; t++) query[t] -= along * towards[t];
      const across = Math.sqrt((1 - alignment ** 2) / Math.max(square(query), Number.MIN_VALUE));
      for (let t = 0; t < d; t++)
        query[t] = alignment * towards[t] + (alignment === 1 ? 0 : across * query[t]);
    },
  };
}
