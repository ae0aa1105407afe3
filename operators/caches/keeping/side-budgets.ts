import type { Size, SizeInput } from '../../../src/core/cache.js';
import type { z } from 'zod';
import { atomsAllowed, budget, parseBudget, refuseBelow } from './budget.js';
import { gridFlops, rowsFlops } from './flops.js';
import { sideCount } from './sides.js';

type BudgetInput = z.output<typeof budget>;

/** Options `size` and `size2`: what each side may keep. Spread them into the options of a cache. */
export const sideBudgets = {
  size: budget
    .default(128)
    .describe(
      'what side 1 may keep: tokens (128), bytes with metadata (64KiB) or a share of the tokens (25%)',
    ),
  size2: budget.optional().describe('what side 2 may keep; as `size` if not given'),
};

/** The same where a budget is what a query may read, and everything is kept. */
export const readBudgets = {
  size: sideBudgets.size.describe(
    'what a query may read of side 1: tokens (128), bytes (64KiB) or a share (25%); everything is kept',
  ),
  size2: sideBudgets.size2.describe('what a query may read of side 2; as `size` if not given'),
};

/** The two options, checked. */
export interface SideBudgets {
  readonly size: BudgetInput;
  readonly size2?: BudgetInput | undefined;
}

/** What a cache keeps for a token beside its key and value, and what it needs to work. */
export interface AtomCost {
  /** Numbers per atom in metadata rows. */
  readonly metadata: number;
  /** Numbers per atom in scratch rows; they do not count for a budget. */
  readonly scratch?: number;
  /** The least atoms a side works with; a share keeps as many however small it is. */
  readonly least?: number;
}

type Shape = Pick<SizeInput, 'd' | 'order' | 'bytesPerNumber' | 'wrapperMetadata'>;

/** `within` of a cache with these two options: half of the bytes for each side, if that is enough to work with. */
export function sidesWithin({
  metadata,
  least = 1,
}: AtomCost): (bytes: number, shape: Shape) => { readonly size: string } | null {
  return (bytes, { d, order, bytesPerNumber }) => {
    const each = Math.floor(bytes / sideCount(order));
    return each >= least * (2 * d + metadata) * bytesPerNumber ? { size: `${each}B` } : null;
  };
}

/** For each side, the atoms that it may keep once n tokens were seen. Never falls, and grows by at most 1 a token. */
export function allowances(
  { size, size2 = size }: SideBudgets,
  { metadata, least = 1 }: AtomCost,
  { d, order, bytesPerNumber, wrapperMetadata = 0 }: Shape,
): readonly ((n: number) => number)[] {
  const bytesPerAtom = (2 * d + metadata + wrapperMetadata) * bytesPerNumber;
  return (order === 'tensor' ? [size, size2] : [size]).map((input) => {
    const given = parseBudget(input);
    return (n) => Math.max(least, atomsAllowed(given, n, bytesPerAtom));
  });
}

/**
 * Refuse budgets with which a cache cannot work; call it where one is created.
 * @throws Failure `bad-option`
 */
export function refuseSmallBudgets(
  cache: string,
  { size, size2 }: SideBudgets,
  { metadata, least = 1 }: AtomCost,
  { d, order, bytesPerNumber, wrapperMetadata = 0 }: Shape,
): void {
  const bytesPerAtom = (2 * d + metadata + wrapperMetadata) * bytesPerNumber;
  refuseBelow({ cache, option: 'size', input: size }, least, bytesPerAtom);
  if (order === 'matrix' || size2 === undefined) return;
  refuseBelow({ cache, option: 'size2', input: size2 }, least, bytesPerAtom);
}

/** What theory says of a cache that fills its budgets and attends to what it keeps. */
export function sizeWithin(input: SizeInput, budgets: SideBudgets, cost: AtomCost): Size {
  const { n, d, order, bytesPerNumber } = input;
  const [kept1, kept2 = 0] = allowances(budgets, cost, input).map((allowed) => Math.min(n, allowed(n)));
  const kept = kept1 + kept2;
  return {
    residentBytes: 2 * kept * d * bytesPerNumber,
    metadataBytes: cost.metadata * kept * bytesPerNumber,
    scratchBytes: (cost.scratch ?? 0) * kept * bytesPerNumber,
    flops: order === 'tensor' ? gridFlops(kept1, kept2, d) : rowsFlops(kept1, d),
  };
}
