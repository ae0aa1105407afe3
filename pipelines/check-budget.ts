import { Failure } from '../src/core/failure.js';
import { formatBytes } from '../src/core/format.js';
import type { Purpose, Rows, Wide } from '../src/core/memory.js';
import { randomStream } from '../src/core/random.js';
import type { ModelShape } from '../src/core/shape.js';
import { LARGEST_MEMORY } from '../workers/arena.js';
import { mostReserved } from '../workers/rows.js';
import { pluginFailure } from '../src/core/thrown.js';
import type { CacheFactory } from '../src/core/cache.js';
import { factoriesOf } from './allocation/factories.js';
import type { LabelledCache } from './cache-bank.js';
import type { StreamLength } from './stream-lengths.js';

/** Shared memory ends here whatever the budget. */
export const MEMORY_LIMIT = LARGEST_MEMORY;

/** Of that, for the rows of a step, its jobs and their partial results. */
const WORKING_BYTES = 2 ** 27;

const ENDLESS = 2 ** 40; // more steps than any run takes

/** What a run needs to be planned. */
export interface BudgetQuestion {
  readonly shape: ModelShape;
  readonly caches: readonly LabelledCache[];
  /** The exact cache that is kept beside them, if any. */
  readonly reference: LabelledCache | null;
  readonly bytesPerNumber: number;
  /** The user's budget in bytes, or null. */
  readonly budget: number | null;
  /** Bytes that this machine can give now; a budget of the user's overrules them. */
  readonly available?: number;
  /** How the first `steps` steps of all streams are shared among the streams; each has caches of its own. */
  lengths(steps: number): readonly StreamLength[];
}

/**
 * Refuse a run whose caches cannot fit, before anything is allocated: by formula, with its number and the
 * most steps that do fit. `steps` counts the steps of all streams.
 *
 * @throws Failure `out-of-memory`
 */
export function checkBudget(question: BudgetQuestion, steps: number): void {
  const need = planBytes(question, steps);
  if (fitsIn(question, need)) return;
  const { shape } = question;
  const lengths = question.lengths(steps);
  const streams = lengths.reduce((sum, group) => sum + group.streams, 0);
  const n = Math.max(...lengths.map((group) => group.n));
  const costs = question.caches.map((cache) => ({ cache, bytes: cacheBytes(question, cache, lengths) }));
  const { cache, bytes } = costs.reduce((a, b) => (b.bytes > a.bytes ? b : a));
  throw new Failure(
    'out-of-memory',
    `cache ${cache.label} would take ${formatBytes(bytes)} at n = ${n}, d = ${shape.d}: ` +
      `bytes = ${cache.factory.spec.formulaText}, here b = ${question.bytesPerNumber}, heads = ${shape.heads}, ` +
      `layers = ${shape.layers}${streams > 1 ? `, streams = ${streams}` : ''}; all caches together${question.reference === null ? '' : ' (with the exact reference)'} ${over(question, need)}`,
    adviceFor(question, cache.label, steps),
  );
}

function over({ budget, available = Infinity }: BudgetQuestion, { used, reserved }: Need): string {
  if (budget !== null && used > budget)
    return `${formatBytes(used)}, over the budget of ${formatBytes(budget)}`;
  const growing = `${formatBytes(used)} and up to ${formatBytes(reserved - used)} for growing and working`;
  if (reserved > MEMORY_LIMIT)
    return `${growing}, over shared memory of at most ${formatBytes(MEMORY_LIMIT)}`;
  return `${formatBytes(used + WORKING_BYTES)}, over the ${formatBytes(available)} that this machine has free`;
}

function adviceFor(question: BudgetQuestion, label: string, steps: number): string {
  const most = largestFit(question);
  const raise = (question.budget ?? Infinity) < MEMORY_LIMIT ? 'raise --memory, ' : '';
  if (most === 0) return `not even one token fits: ${raise}lower --d or --heads, or leave out ${label}`;
  const lengths = question.lengths(most);
  const single = lengths.length === 1 && lengths[0].streams === 1;
  const what = single ? 'the largest n that fits is' : 'the most tokens that fit in all streams together are';
  return `${what} ${most}: pass --tokens ${most}, ${raise}or leave out ${label}${withoutReference(question, steps)}`;
}

/** The reference is nobody's wish: say so where it alone is too much. */
function withoutReference(question: BudgetQuestion, steps: number): string {
  const alone = { ...question, reference: null };
  const helps = question.reference !== null && fitsIn(alone, planBytes(alone, steps));
  return helps ? '; without the exact reference it fits: --reference none' : '';
}

/** The most steps whose caches fit; 0 if not even one does, Infinity if the caches stop growing before. */
export function largestFit(question: BudgetQuestion): number {
  const fits = (steps: number) => fitsIn(question, planBytes(question, steps));
  let [most, not] = [0, 1];
  while (fits(not)) {
    if (not >= ENDLESS) return Infinity;
    [most, not] = [not, 2 * not];
  }
  while (not - most > 1) {
    const middle = Math.floor((most + not) / 2);
    if (fits(middle)) most = middle;
    else not = middle;
  }
  return most;
}

/** Bytes of all caches: in use, as the ledger counts them, and at most reserved, as shared memory does. */
interface Need {
  readonly used: number;
  readonly reserved: number;
}

function fitsIn({ budget, available = Infinity }: BudgetQuestion, { used, reserved }: Need): boolean {
  return used <= (budget ?? available - WORKING_BYTES) && reserved <= MEMORY_LIMIT;
}

/** Bytes of shared memory that so many steps may take, growing and working included. */
export function plannedBytes(question: BudgetQuestion, steps: number): number {
  return planBytes(question, steps).reserved;
}

function planBytes(question: BudgetQuestion, steps: number): Need {
  const { caches, reference, shape, bytesPerNumber } = question;
  const lengths = question.lengths(steps);
  const streams = lengths.reduce((sum, group) => sum + group.streams, 0);
  let [used, reserved] = [0, WORKING_BYTES];
  for (const cache of reference === null ? caches : [...caches, reference]) {
    const bytes = cacheBytes(question, cache, lengths);
    used += bytes;
    const width = factoriesOf(cache, shape).reduce(
      (sum, { factory, instances }) =>
        sum + instances * rowWidth({ label: cache.label, factory }, shape, bytesPerNumber),
      0,
    );
    reserved += mostReserved(bytes, streams * width * bytesPerNumber);
  }
  return { used, reserved };
}

/** Bytes of all instances of a cache. */
function cacheBytes(
  { shape: { d, order, ...counts }, bytesPerNumber }: BudgetQuestion,
  cache: LabelledCache,
  lengths: readonly StreamLength[],
): number {
  const { label } = cache;
  const sizeOf = (factory: CacheFactory, n: number) => {
    const size = blamed(label, 'formula', () =>
      factory.formula({ n, d, order, bytesPerNumber, census: null }),
    );
    const bytes = size.residentBytes + size.metadataBytes + size.scratchBytes;
    if (bytes >= 0) return bytes;
    return blamed(label, 'formula', () => {
      throw new TypeError(`residentBytes + metadataBytes + scratchBytes = ${bytes} for n = ${n}`);
    });
  };
  return factoriesOf(cache, counts).reduce((all, { factory, instances }) => {
    const bytes = lengths.reduce((sum, { n, streams }) => sum + streams * sizeOf(factory, n), 0);
    return all + instances * bytes;
  }, 0);
}

/** Numbers in one row of every matrix of a cache, asked from an instance whose rows hold nothing. */
function rowWidth(
  { label, factory }: Pick<LabelledCache, 'label' | 'factory'>,
  { d, order, scale }: ModelShape,
  bytesPerNumber: number,
): number {
  let width = 0;
  const rows = (numbers: number, _purpose?: Purpose, wide?: Wide) => {
    width += wide ? (numbers * 8) / bytesPerNumber : numbers;
    return nothing(numbers);
  };
  blamed(label, 'create', () =>
    factory.create({ d, order, scale, bytesPerNumber, random: randomStream(0), rows }),
  );
  return width;
}

/** @throws Failure `plugin-failed` when a cache of somebody else throws before it runs */
function blamed<T>(label: string, doing: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw pluginFailure(`cache ${label}`, doing, error);
  }
}

/** Rows that count what they are given and hold none of it: a cache may fill some when it is made. */
function nothing(width: number): Rows {
  let count = 0;
  return {
    width,
    get count() {
      return count;
    },
    bytes: 0,
    append: () => void count++,
    resize: (rows) => void (count = rows),
    read: () => new Float32Array(width),
    write: () => {},
    spans: () => [],
    views: () => [],
    snapshot: () => new Float32Array(0),
    restore: () => {},
    release: () => {},
  };
}
