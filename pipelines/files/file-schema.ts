import { z } from 'zod';
import { parseBytes } from '../../src/core/format.js';
import { KERNELS } from '../../workers/kernels/kernel.js';
import { allocatedHeads, allocationKeys, type Allocation } from '../allocation/schema.js';
import { configSchema } from '../config.js';

const { model, trace, ...config } = configSchema.shape;

const SIZE_RULE = 'must be a size above 0: 16KiB, 2GiB, or a number of bytes';
const size = z
  .union([z.number().positive(), z.string().refine((text) => (parseBytes(text) ?? 0) > 0, SIZE_RULE)], {
    error: SIZE_RULE,
  })
  .meta({ type: 'size' });

/** A plug-in by its name, its options beside it. */
const named = z.looseObject({
  name: z.string().min(1).describe('what `kronflow list` shows, or ./file.js#export'),
});
const shared = z.strictObject({
  ...allocationKeys,
  bytes: size.describe('for all layers and heads of a stream'),
});
const cache = named.extend({
  label: z
    .string()
    .min(1)
    .optional()
    .describe('name of its rows in the trace; the name of the cache unless it stands twice'),
  allocation: shared
    .extend({ heads: allocatedHeads })
    .optional()
    .describe('one budget for all its layers and heads, and how it is shared; instead of its own size'),
});

/** A pipeline file once everything is in it that it includes. Options of plug-ins are checked by their own schemas. */
export const fileSchema = z.strictObject({
  kronflow: config.kronflow,
  description: z.string().optional().describe('what the pipeline is for, in a sentence or two'),
  include: z
    .union([z.string(), z.array(z.string())], { error: 'must be a file or a list of files' })
    .optional()
    .describe('files that come first; maps merge with this file, lists are replaced by it'),
  source: named.describe('where the steps come from'),
  model: model
    .partial()
    .prefault({})
    .describe('sizes and weights; a source that brings its own decides them'),
  operators: z.array(named).default([]).describe(config.operators.description!),
  caches: z
    .array(cache)
    .min(1)
    .optional()
    .describe('what keeps the entries, side by side on the same stream'),
  budgets: z
    .array(size)
    .min(1)
    .optional()
    .describe(
      'bytes for one stream, layer and head: every cache that has a budget runs once for each of them',
    ),
  allocate: z
    .array(shared)
    .min(1)
    .optional()
    .describe(
      'budgets for all layers and heads of a stream, and how each is shared: every cache that has a budget runs once for each',
    ),
  sinks: z.array(named).default([]).describe(config.sinks.description!),
  onError: config.onError,
  seed: config.seed.default(1).describe('of everything random'),
  repeats: z.int().min(1).max(1000).default(1).describe('runs, with seeds seed, seed+1, …; a trace for each'),
  prompt: config.prompt.default(0),
  tokens: config.tokens.default(null),
  reference: config.reference
    .default('f64')
    .describe('what to compare with: exact attention in float64, or nothing'),
  drive: config.drive,
  generate: config.generate,
  recall: config.recall,
  sparsity: config.sparsity,
  memory: size.nullable().default(null).describe('budget of all caches: 2GiB; null: what the machine has'),
  trace: z
    .strictObject({
      outputs: trace.shape.outputs.default(false).describe('also write every output vector'),
      timings: trace.shape.timings
        .default(true)
        .describe('false: no times, so that equal runs are equal files'),
      recording: trace.shape.recording.default(false).describe('also write q, k1, k2, v1, v2 of every token'),
    })
    .prefault({})
    .describe('what the trace holds besides the steps'),
  threads: z
    .int()
    .min(1)
    .max(1024)
    .optional()
    .describe('threads that compute attention; default: one per processor'),
  kernel: z
    .enum(['auto', ...KERNELS])
    .optional()
    .describe('attention kernel; default: the fastest that works'),
  output: z.string().min(1).optional().describe('folder of the trace; default: the next free traces/run-N'),
});

/** A pipeline file, its defaults filled in. */
export type PipelineFile = z.output<typeof fileSchema>;
/** A plug-in and its options in one map. */
export type NamedEntry = z.output<typeof named>;

/** The lists of plug-ins, and the kind that each holds. */
export const ENTRY_LISTS = { operators: 'operator', caches: 'cache', sinks: 'sink' } as const;

/** Bytes of a size that the schema took. */
export function bytesOf(given: string | number): number {
  return typeof given === 'number' ? given : parseBytes(given)!;
}

/** An allocation with its size as bytes; absent where nothing is said. */
export function allocationOf(given: z.output<typeof cache>['allocation']): {
  readonly allocation?: Allocation;
} {
  return given === undefined ? {} : { allocation: { ...given, bytes: Math.floor(bytesOf(given.bytes)) } };
}
