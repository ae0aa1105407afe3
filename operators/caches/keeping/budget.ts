import { z } from 'zod';
import { Failure } from '../../../src/core/failure.js';

/**
 * How much one side of a cache may keep, the same in every cache that has a budget (per stream, layer and head):
 * a number of tokens (`128`), bytes with their metadata (`64KiB`), or a share of the tokens seen so far (`25%`).
 */
export type Budget =
  | { readonly unit: 'tokens'; readonly amount: number }
  | { readonly unit: 'bytes'; readonly amount: number }
  | { readonly unit: 'ratio'; readonly amount: number };

const BYTES: Readonly<Record<string, number>> = { B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };
const PATTERN = /^(\d+(?:\.\d+)?)(B|KiB|MiB|GiB|%)$/;

/** Option of a budget per side: `128`, `64KiB` or `25%`. */
export const budget = z
  .union([
    z.int().positive(),
    z.string().regex(PATTERN, 'expected tokens (128), bytes (64KiB) or a share (25%)'),
  ])
  .refine(
    (input) => typeof input === 'number' || validText(input),
    'expected more than 0, and a share of at most 100%',
  )
  .meta({ type: 'budget' }); // what help texts call it

function validText(text: string): boolean {
  const [, amount, unit] = PATTERN.exec(text) ?? [];
  return Number(amount) > 0 && (unit !== '%' || Number(amount) <= 100);
}

/** What a checked option means. */
export function parseBudget(input: z.output<typeof budget>): Budget {
  if (typeof input === 'number') return { unit: 'tokens', amount: input };
  const [, amount, unit] = PATTERN.exec(input) as unknown as [string, string, string];
  if (unit === '%') return { unit: 'ratio', amount: Number(amount) / 100 };
  return { unit: 'bytes', amount: Math.floor(Number(amount) * BYTES[unit]) };
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

/**
 * Refuse a budget below the least that a cache needs.
 * @throws Failure `bad-option`
 */
export function refuseBelow(cache: string, given: Budget, least: number, bytesPerAtom: number): void {
  if (given.unit === 'ratio') return; // grows from one token on
  const atoms = given.unit === 'tokens' ? given.amount : Math.floor(given.amount / bytesPerAtom);
  if (atoms >= least) return;
  throw new Failure(
    'bad-option',
    `cache ${cache}: a budget of ${given.amount} ${given.unit} keeps ${atoms} atoms a side, and ${least} is the least`,
    `give at least ${least} tokens or ${least * bytesPerAtom}B`,
  );
}
