import { z } from 'zod';
import { defineSource } from '../../src/core/source.js';
import { gaussianHead } from './gaussian.js';
import { square, syntheticOptions, syntheticSource } from './synthetic.js';

/**
 * Keys uniform on the unit sphere, values N(0.5, 1). There E[k kᵀ] = I/d, so the variance of a score is |q|²/d²
 * in tensor and |q|²/d in matrix order: queries have length R·d or R·√d.
 */
export const sphereSource = defineSource(
  {
    name: 'sphere',
    summary: 'synthetic rows: keys on the unit sphere',
    brings: 'entries',
    paper: null,
    options: z.object(syntheticOptions),
  },
  (options, { seed }) => {
    const { d, order } = options;
    const gaussian = gaussianHead(d);
    return syntheticSource('sphere', options, seed, () => ({
      ...gaussian,
      keySquare: 1,
      drawKey(key, token, random) {
        gaussian.drawKey(key, token, random);
        const length = Math.sqrt(square(key));
        for (let t = 0; t < d; t++) key[t] /= length;
        return 0;
      },
      scoreVariance: (query) => square(query) / (order === 'tensor' ? d * d : d),
    }));
  },
);
