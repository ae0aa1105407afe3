import { z } from 'zod';
import { allocationSchema } from './allocation/schema.js';
import { isScale, isScoreStd, SCALE_RULE, SCORE_STD_RULE } from '../src/core/shape.js';

/** Largest head: kernels keep rows of a tile in fixed buffers. */
export const MAX_D = 256;

const options = z.record(z.string(), z.unknown());

/** What `--sparsity` takes. */
export const sparsitySchema = z.strictObject({
  every: z.int().positive().default(16).describe('look at every so many steps: n² scores are sorted'),
  epsilon: z.number().gt(0).lt(1).default(1e-4).describe('weights above it are counted'),
  mass: z
    .number()
    .gt(0)
    .max(1)
    .default(0.95)
    .describe('share of the softmax that the fewest pairs must hold'),
  share: z.number().gt(0).max(1).default(0.01).describe('share of the pairs whose mass is measured'),
});

/**
 * A run, fully resolved: what run.json holds, and enough to make the same values again. What only changes how
 * fast or where it runs (threads, kernel, output folder) is not part of it.
 */
export const configSchema = z.strictObject({
  kronflow: z.literal(1).describe('version of this format'),
  source: z.strictObject({ name: z.string(), options }),
  model: z.strictObject({
    d: z.int().min(1).max(MAX_D).describe('numbers per head'),
    heads: z.int().min(1).max(1024),
    layers: z.int().min(1).max(1024),
    order: z.enum(['tensor', 'matrix']),
    scale: z.number().refine(isScale, `must be ${SCALE_RULE}`).describe('factor on every score'),
    scoreStd: z
      .number()
      .refine(isScoreStd, `must be ${SCORE_STD_RULE}`)
      .nullable()
      .describe('standard deviation R that projections are scaled to'),
    weights: z
      .string()
      .nullable()
      .describe('safetensors file with projection weights; null: seeded Gaussian'),
    rotary: z.boolean().describe('rotate embeddings by position'),
    name: z
      .string()
      .min(1)
      .optional()
      .describe(
        'language model, which decides all sizes: a name of `kronflow list models`, or a safetensors file',
      ),
  }),
  caches: z
    .array(
      z.strictObject({
        name: z.string(),
        label: z.string(),
        options,
        allocation: allocationSchema.optional(),
      }),
    )
    .min(1),
  reference: z.enum(['f64', 'none']),
  prompt: z.int().min(0).describe('tokens of each stream that are appended without a query'),
  tokens: z.int().positive().nullable().describe('steps at most; null: to the end of the source'),
  seed: z.int().min(0),
  memory: z.number().positive().nullable().describe('budget in bytes; null: none'),
  recall: z
    .int()
    .min(0)
    .default(0)
    .describe('measure which of the k most attended tokens caches hold; 0: do not'),
  sparsity: sparsitySchema
    .nullable()
    .default(null)
    .describe('measure how sparse the exact attention is; null: do not'),
  operators: z
    .array(z.strictObject({ name: z.string(), options }))
    .default([])
    .describe('operators beside those of the flow, each after its place'),
  sinks: z
    .array(z.strictObject({ name: z.string(), options }))
    .default([])
    .describe('where rows go beside the trace'),
  onError: z
    .enum(['stop', 'skip'])
    .default('stop')
    .describe('what happens when a cache fails: the run stops, or the cache is dropped'),
  drive: z
    .string()
    .min(1)
    .optional()
    .describe(
      'whose output goes into the next layer: exact, or the label of a cache; default: exact, and the first cache without a reference or where text is generated',
    ),
  generate: z
    .strictObject({
      tokens: z
        .int()
        .positive()
        .nullable()
        .default(null)
        .describe('how many follow those of the source; null: to the end of the context'),
      temperature: z.number().min(0).max(100).default(0).describe('0: the likeliest token is taken'),
      topK: z
        .int()
        .positive()
        .nullable()
        .default(null)
        .describe('draw among the k likeliest; null: among all'),
    })
    .optional()
    .describe('let the language model go on with the text: each token that it chooses is the next one'),
  trace: z.strictObject({ outputs: z.boolean(), timings: z.boolean(), recording: z.boolean() }),
});

/** A run, fully resolved. */
export type Config = z.output<typeof configSchema>;
