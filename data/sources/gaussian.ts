import { z } from 'zod';
import { defineSource } from '../../src/core/source.js';
import { fillGaussian, square, syntheticOptions, syntheticSource, type HeadModel } from './synthetic.js';

/** Mean of independent values: outputs are then far from 0, where relative errors mean nothing (math.md 4.6). */
const VALUE_MEAN = 0.5;

/**
 * Independent normal keys, values N(0.5, 1). With normal keys the variance of <q, k1 * k2> is Σ q_t² in either
 * order, so queries have length R.
 */
export const gaussianSource = defineSource(
  {
    name: 'gaussian',
    summary: 'synthetic rows: independent normal keys',
    brings: 'entries',
    paper: null,
    options: z.object(syntheticOptions),
  },
  (options, { seed }) => syntheticSource('gaussian', options, seed, () => gaussianHead(options.d)),
);

/** Rows of a head with independent normal keys, (d). */
export function gaussianHead(d: number): HeadModel {
  return {
    keySquare: d,
    drawKey(key, _token, random) {
      fillGaussian(key, random);
      return 0;
    },
    drawValue: (value, _token, random) => fillGaussian(value, random, 1, VALUE_MEAN),
    drawDirection: (query, random) => fillGaussian(query, random),
    scoreVariance: square,
  };
}
