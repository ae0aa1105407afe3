import { z } from 'zod';
import { Failure } from '../../../src/core/failure.js';
import { parseBytes } from '../../../src/core/format.js';

/**
 * How much one side of a cache may keep, the same in every cache that has a budget (per stream, layer and head):
 * a number of tokens (`128`), bytes with their metadata (`64KiB`), or a share of the tokens seen so far (`25%`).
 */
export type Budget =
  | { readonly unit: 'tokens'; readonly amount: number }
  | { readonly unit: 'bytes'; readonly amount: number }
  | { readonly unit: 'ratio'; readonly amount: number };

/** Option of a budget per side: `128`, `64KiB` or `25%`; sizes as `--memory` takes them, but never without a unit. */
export const budget = z
  .union([
    z.int().positive(),
    z
      .string()
      .refine((text) => parseText(text) !== null, 'expected tokens (128), bytes (64KiB) or a share (25%)'),
  ])
  .refine(
    (input) => typeof input === 'number' || isPossible(parseText(input)),
    'expected more than 0, and a share of at most 100%',
  )
  .meta({ type: 'budget' }); // what help texts call it

/** What a text with a unit says; null if it is no budget. */
function parseText(text: string): Budget | null {
  const [, share] = /^\s*(\d+(?:\.\d+)?)\s*%\s*$/.exec(text) ?? [];
  if (share !== undefined) return { unit: 'ratio', amount: Number(share) / 100 };
  const bytes = /[a-z]\s*$/i.test(text) ? parseBytes(text) : null; // without a unit it would be tokens
  return bytes === null ? null : { unit: 'bytes', amount: bytes };
}

function isPossible(given: Budget | null): boolean {
  return given === null || (given.amount > 0 && (given.unit !== 'ratio' || given.amount <= 1));
}

/** What a checked option means. */
export function parseBudget(input: z.output<typeof budget>): Budget {
  if (typeof input === 'number') return { unit: 'tokens', amount: input };
  const given = parseText(input);
  if (given === null) throw new RangeError(`${input} is no budget`);
  return given;
}

/**
 * Atoms that one side may keep after `n` tokens when each takes `bytesPerAtom` (keys, values and metadata); at least
 * 1, because attention over nothing is not defined.
 */
export function atomsAllowed({ unit, amount }: Budget, n: number, bytesPerAtom: number): number {
  if (unit === 'tokens') return amount;
  const atoms = unit === 'bytes' ? amount / bytesPerAtom : amount * n;
  return Math.max(1, Math.floor(atoms + 1e-9)); // 0.29 · 100 is 28.999999999999996
}

/** An option that holds a budget, as it was given. */
export interface BudgetOption {
  readonly cache: string;
  readonly option: string;
  readonly input: z.output<typeof budget>;
}

/**
 * Refuse a budget below the least that a cache needs.
 * @throws Failure `bad-option`
 */
export function refuseBelow(
  { cache, option, input }: BudgetOption,
  least: number,
  bytesPerAtom: number,
): void {
  const { unit, amount } = parseBudget(input);
  if (unit === 'ratio') return; // grows from one token on
  const atoms = unit === 'tokens' ? amount : Math.floor(amount / bytesPerAtom);
  if (atoms >= least) return;
  throw new Failure(
    'bad-option',
    `cache ${cache}: ${option} = ${input}: keeps ${atoms} atoms, and ${least} is the least`,
    `give at least ${option}=${least} (tokens) or ${option}=${least * bytesPerAtom}B`,
  );
}
