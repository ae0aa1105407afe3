import { Failure } from '../src/core/failure.js';
import { formatBytes } from '../src/core/format.js';
import type { ModelShape } from '../src/core/shape.js';
import type { LabelledCache } from './cache-bank.js';

/** Shared memory ends here whatever the budget: 32-bit addresses. */
export const MEMORY_LIMIT = 2 ** 32;

/** What a run needs to be planned. */
export interface BudgetQuestion {
  readonly shape: ModelShape;
  readonly caches: readonly LabelledCache[];
  /** Whether an exact cache is kept beside them. */
  readonly reference: LabelledCache | null;
  readonly bytesPerNumber: number;
  /** The user's budget in bytes, or null. */
  readonly budget: number | null;
}

/**
 * Refuse a run whose caches cannot fit, before anything is allocated: by formula, with its number and the
 * largest n that does fit. `n` counts tokens of one stream.
 *
 * @throws Failure `out-of-memory`
 */
export function checkBudget(question: BudgetQuestion, n: number): void {
  const limit = Math.min(question.budget ?? Infinity, MEMORY_LIMIT);
  if (planBytes(question, n) <= limit) return;
  const { caches, shape } = question;
  const needs = caches.map((cache) => ({ cache, bytes: cacheBytes(question, cache, n) }));
  const { cache, bytes } = needs.reduce((a, b) => (b.bytes > a.bytes ? b : a));
  const fits = largestFit(question, limit);
  const whose =
    question.budget !== null && question.budget < MEMORY_LIMIT ? 'the budget of' : 'shared memory of at most';
  throw new Failure(
    'out-of-memory',
    `cache ${cache.label} would take ${formatBytes(bytes)} at n = ${n}, d = ${shape.d}: ` +
      `bytes = ${cache.factory.spec.formulaText}, here b = ${question.bytesPerNumber}, heads = ${shape.heads}, ` +
      `layers = ${shape.layers}; all caches together ${formatBytes(planBytes(question, n))}, over ${whose} ${formatBytes(limit)}`,
    fits > 0
      ? `the largest n that fits is ${fits}: pass --tokens ${fits}, raise --memory, or leave out ${cache.label}`
      : `not even one token fits: raise --memory, lower --d or --heads, or leave out ${cache.label}`,
  );
}

/** The largest n whose caches fit into `limit` bytes; 0 if not even one token does. */
export function largestFit(question: BudgetQuestion, limit: number): number {
  let [fits, not] = [0, 1];
  while (not < 2 ** 40 && planBytes(question, not) <= limit) [fits, not] = [not, 2 * not];
  while (not - fits > 1) {
    const middle = Math.floor((fits + not) / 2);
    if (planBytes(question, middle) <= limit) fits = middle;
    else not = middle;
  }
  return fits;
}

function planBytes(question: BudgetQuestion, n: number): number {
  const all = question.reference === null ? question.caches : [...question.caches, question.reference];
  return all.reduce((sum, cache) => sum + cacheBytes(question, cache, n), 0);
}

function cacheBytes(
  { shape, bytesPerNumber }: BudgetQuestion,
  { factory }: LabelledCache,
  n: number,
): number {
  const { d, order, heads, layers } = shape;
  const size = factory.formula({ n, d, order, bytesPerNumber, census: null });
  return (size.residentBytes + size.scratchBytes) * heads * layers;
}
