import { z } from 'zod';
import type { SizeInput } from '../../../src/core/cache.js';

/** Options of the SubGen caches that follow the paper. */
export const subgenOptions = z.object({
  delta: z.number().positive().default(1).describe('cluster radius, in the unit of the keys'),
  t: z.int().positive().default(8).describe('keys sampled per cluster and side, for the denominator'),
  s: z.int().positive().default(64).describe('entries sampled by |v|² per side, for the numerator'),
});

/** The options, checked. */
export type SubgenOptions = z.output<typeof subgenOptions>;

/**
 * The ε of the paper's bound ε·‖p‖₂·‖V1 ⊘ V2‖ with s slots: s = cs·d/ε², solved for ε with cs = 1, since the papers
 * give no constants. Its other condition, t = ct·e^(2δr)·ln n/ε², is left out: it needs the norm r of every query, and
 * is far too strict (math.md 4.3: e^(δr)/√t was 8.6 where Ẑ was off by 0.025).
 */
export function subgenEps({ d }: SizeInput, { s }: SubgenOptions): number {
  return Math.sqrt(d / s);
}
