import { z } from 'zod';
import { Failure } from '../../src/core/failure.js';
import { formatValue } from '../../src/core/format.js';
import { didYouMean } from '../../src/core/nearest.js';
import { POLICIES, POLICY_NAMES } from './policies.js';

const choices = POLICY_NAMES.map((name) => `${name}: ${POLICIES[name].summary}`).join('; ');

/** What is said of an allocation besides its bytes. */
export const allocationKeys = {
  policy: z.enum(POLICY_NAMES).describe(choices),
  at: z
    .int()
    .positive()
    .nullable()
    .default(null)
    .describe('tokens of a stream: no head gets more than it needs to keep them all; null: any length'),
  beta: z
    .number()
    .min(1)
    .optional()
    .describe(
      'of pyramid: shares fall from 2 - 1/beta of the mean to 1/beta of it over the depth (default: 20)',
    ),
  calibration: z
    .string()
    .min(1)
    .optional()
    .describe('of spread: recording of this model, whose first tokens are measured'),
};

const head = z.strictObject({
  bytes: z.int().positive(),
  options: z.record(z.string(), z.unknown()),
  spread: z.number().positive().optional(),
});

/** What every layer and head was given: with these nothing is shared out again, so that a run.json runs to the same bytes. */
export const allocatedHeads = z
  .array(z.array(head))
  .optional()
  .describe('bytes and options by layer and head, as run.json has them; default: what the policy gives');

/** One budget in bytes for all layers and heads of a stream, and how it is shared. */
export const allocationSchema = z.strictObject({
  ...allocationKeys,
  bytes: z.int().positive(),
  heads: allocatedHeads,
});

const requestSchema = allocationSchema.omit({ heads: true });

/** An allocation as it is asked for: for all caches that have a budget. */
export type AllocationRequest = z.output<typeof requestSchema>;

/**
 * An allocation as it was typed, checked.
 * @throws Failure `bad-option` naming the key and the rule
 */
export function checkAllocation(input: Readonly<Record<string, unknown>>): AllocationRequest {
  const parsed = requestSchema.safeParse(input);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const who = `allocation ${String(input.policy)}`;
  const known = Object.keys(requestSchema.shape);
  if (issue.code === 'unrecognized_keys')
    throw new Failure(
      'bad-option',
      `${who}: unknown option "${issue.keys[0]}"`,
      didYouMean(issue.keys[0], known),
    );
  const key = String(issue.path[0]);
  const hint =
    key === 'policy' ? didYouMean(String(input.policy), POLICY_NAMES) : `options: ${known.join(', ')}`;
  throw new Failure('bad-option', `${who}: ${key} = ${formatValue(input[key])}: ${issue.message}`, hint);
}

/** An allocation; `heads` are there once it is resolved. */
export type Allocation = z.output<typeof allocationSchema>;
/** What one head was given: bytes, and options with which the cache never holds more. */
export type HeadAllocation = z.output<typeof head>;
