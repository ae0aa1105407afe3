import { z } from 'zod';
import { SCHEMA_VERSION } from './tables.js';

const bytes = z.number().int().nonnegative();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const record = z.record(z.string(), z.unknown());

/**
 * run.json: everything about a run that is not a row. Unknown is null. `status` is what the run came to;
 * `sealed` says whether the Parquet files are there and final. A killed run is `interrupted` once it is sealed.
 */
export const runFileSchema = z.strictObject({
  schema_version: z.literal(SCHEMA_VERSION),
  run_id: z.string().min(1),
  status: z.enum(['running', 'complete', 'interrupted', 'failed']),
  sealed: z.boolean(),
  /** Resolved configuration, and the sha256 of its JSON with sorted keys. */
  config: record,
  config_sha256: sha256,
  /** What was read: names, sizes, sha256. */
  inputs: z.array(record),
  seeds: z.record(z.string(), z.number()),
  dtype: z.enum(['f32', 'f64']),
  d: z.int().positive(),
  heads: z.int().positive(),
  layers: z.int().positive(),
  order: z.enum(['tensor', 'matrix']),
  scale: z.number(),
  k2_bias: z.number().nullable(),
  v2_bias: z.number().nullable(),
  /** How side 2 was made from a recording of ordinary attention; null when it was not. */
  lift: z.string().nullable(),
  versions: z.strictObject({
    kronflow: z.string(),
    node: z.string(),
    v8: z.string(),
    cpu: z.string().nullable(),
  }),
  kernel: z.string(),
  /** From how many multiply-adds on threads share a step, measured at start; null without timings, and with one thread. */
  threading: z
    .strictObject({ alone_multiply_adds: z.number(), asleep_multiply_adds: z.number() })
    .nullable()
    .optional(), // older traces do not say
  execution: record,
  counters: z.strictObject({
    read: bytes.nullable(),
    processed: bytes.nullable(),
    refused: bytes.nullable(),
    /** Rows of every sealed table. */
    rows: z.record(z.string(), bytes),
  }),
  /** Sealed files by name. */
  outputs: z.record(z.string(), z.strictObject({ bytes, rows: bytes, sha256 })),
  /** Everything but measured times, see `resultHash`. */
  result_sha256: sha256.nullable(),
  /** What sealing had to leave out because it was damaged or never acknowledged. */
  cuts: z.array(record),
  started_at: z.iso.datetime().nullable(),
  finished_at: z.iso.datetime().nullable(),
  error: z.string().nullable(),
});

/** run.json as an object. */
export type RunFile = z.output<typeof runFileSchema>;

/** What is known before the first row; the rest is filled in by `createTrace` and `sealTrace`. */
export type RunStart = Omit<
  RunFile,
  | 'schema_version'
  | 'status'
  | 'sealed'
  | 'config_sha256'
  | 'counters'
  | 'outputs'
  | 'result_sha256'
  | 'cuts'
  | 'finished_at'
  | 'error'
>;
