import { z } from 'zod';

const value = z.union([z.number(), z.string(), z.boolean(), z.null()]);

/** Steps that a bound is about: one, several, or the last of each stream. */
const at = z.union([z.literal('last'), z.int().min(0), z.array(z.int().min(0)).min(1)], {
  error: 'must be a step (from 0), a list of steps, or last',
});

const bound = z.strictObject({
  min: z.number().optional().describe('least value; rows without one are passed over'),
  max: z.number().optional().describe('largest value; rows without one are passed over'),
  equals: value.optional().describe('this value in every row; null: no value'),
  at: at.optional().describe('steps to look at: 12, [0, 12] or last; default: all'),
  layer: z.int().min(0).optional(),
  head: z.int().min(0).optional(),
});

/** What a column, or a measure, must hold: a bound, or the value itself. */
const expected = z.union([bound, value], { error: 'must be a value, or a map of min, max, equals and at' });
const columns = z.record(z.string(), expected);

const equal = z.strictObject({
  caches: z.array(z.string()).min(2).describe('labels whose rows must say the same'),
  columns: z.array(z.string()).min(1).describe('in these columns'),
  tolerance: z.number().min(0).default(0).describe('numbers a, b may differ by t·max(1, |a|, |b|)'),
});

const expectation = z.strictObject({
  rows: z
    .union([z.int().min(0), z.partialRecord(z.enum(['steps', 'events', 'measures']), z.int().min(0))])
    .optional()
    .describe('rows of the table steps, or of several tables'),
  columns: columns.optional().describe('columns of steps, in the rows of every cache'),
  caches: z.record(z.string(), columns).optional().describe('columns of steps, by the label of the cache'),
  measures: columns.optional().describe('values that operators left in the table measures, by their name'),
  equal: z.array(equal).optional().describe('caches that must agree, row by row'),
  failure: z
    .strictObject({ code: z.string().optional(), text: z.string().optional() })
    .optional()
    .describe('the run must be refused or fail, with this code and with this text in its message'),
});

const test = z.strictObject({
  name: z.string().min(1).describe('what it shows, in words'),
  pipeline: z
    .union([z.string().min(1), z.record(z.string(), z.unknown())], {
      error: 'must be a file, preset:NAME, or a pipeline itself',
    })
    .optional()
    .describe('what to run: a file, preset:NAME or a pipeline; default: that of the file'),
  tokens: z.array(z.int().min(0)).min(1).optional().describe('decode these token ids'),
  recording: z.string().min(1).optional().describe('decode this recording'),
  source: z.looseObject({ name: z.string() }).optional().describe('decode this source'),
  set: z
    .record(z.string(), z.unknown())
    .default({})
    .describe('values in the place of others, by path: caches[1].delta: 0.3'),
  env: z.record(z.string(), z.coerce.string()).default({}).describe('environment variables'),
  expect: expectation,
});

/** A file of tests for pipelines. */
export const testFileSchema = z.strictObject({
  kronflow: z.literal(1).describe('version of this format'),
  description: z.string().optional(),
  pipeline: test.shape.pipeline.describe('what the tests run that name no pipeline of their own'),
  tests: z.array(test).min(1),
});

/** One test, its defaults filled in. */
export type PipelineTest = z.output<typeof test>;
/** What a test expects of its run. */
export type Expectation = z.output<typeof expectation>;
/** What it expects of a column. */
export type Bound = z.output<typeof bound>;
/** Which caches it expects to agree. */
export type Equality = z.output<typeof equal>;
