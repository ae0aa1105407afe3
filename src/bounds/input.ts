import { z } from 'zod';

const fraction = () => z.number().gt(0).lt(1);

/** What the statements are evaluated at. */
export const boundsInput = z
  .object({
    n: z.int().min(3).max(1e12).default(1024).describe('length of the stream, tokens'),
    d: z.int().min(1).max(1e6).default(64).describe('head dimension'),
    eps: fraction().default(0.1).describe('error of the sampling algorithms, times ‖p‖₂·‖V‖'),
    p: z.number().gt(0.5).lte(1).default(0.9).describe('probability that an answer must be right'),
    beta: z
      .number()
      .gte(0)
      .lt(0.5)
      .default(0)
      .describe('probability that random keys fail; 0: redrawn until good'),
    epsKey: fraction().default(0.45).describe('largest inner product of two random keys'),
    eta: fraction().default(0.1).describe('relative error η allowed in Corollaries 4.4 and 4.5'),
    fail: fraction().default(0.01).describe('probability that sampling may fail'),
    delta: z
      .number()
      .gt(0)
      .lte(2)
      .default(Math.E / 3)
      .describe('cluster diameter or radius δ; e/3 in the paper'),
    r: z.number().gt(0).max(1e6).default(4).describe('largest query norm'),
    m: z.int().min(1).max(1e12).default(64).describe('clusters per side'),
    constant: z.number().gt(0).default(1).describe('constants of s and t that the papers do not give'),
    w: z.int().min(1).max(64).default(32).describe('bits per stored number'),
    g: z.int().min(0).max(64).default(4).describe('degree of the polynomial cache'),
  })
  .refine(({ p, beta }) => p - beta > 0.5, { path: ['beta'], error: 'must be less than p − 1/2' });

/** Parameters of the statements, defaults filled in. */
export type BoundsInput = z.output<typeof boundsInput>;
