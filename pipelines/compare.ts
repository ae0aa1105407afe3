import type { CachePlugin, SizeInput } from '../src/core/cache.js';
import { Failure } from '../src/core/failure.js';
import { formatBytes } from '../src/core/format.js';
import type { Order } from '../src/core/shape.js';
import type { Config } from './config.js';
import { builtIn, pluginOf, type Registry } from './registry.js';
import type { CacheSummary } from './summarise.js';

/** Always beside the caches under test: no selection of as many pairs loses less, and any policy should beat chance. */
export const LINES = ['oracle-top-k', 'random'] as const;

const ENDLESS = 2 ** 30; // tokens: more than any run takes

/** A cache as a run is asked for it. */
export type AskedCache = Config['caches'][number];

/** A cache at one budget. */
export interface Contender extends AskedCache {
  /** Bytes for one stream, layer and head; null: this cache has no budget. */
  readonly budget: number | null;
  /** What was asked for, at all budgets alike. */
  readonly asked: AskedCache;
}

type Shape = Pick<SizeInput, 'd' | 'order' | 'bytesPerNumber'>;

/** What a comparison runs, and what it had to leave out at a budget: caches that cannot be so small. */
export interface Field {
  readonly contenders: readonly Contender[];
  readonly leftOut: readonly { readonly name: string; readonly budget: number }[];
}

/** What a comparison may do otherwise. */
export interface FieldOptions {
  /** Where names are looked up; default: what kronflow brings. */
  readonly registry?: Registry;
  /** Caches that are added when nobody asked for them; default: `LINES`. */
  readonly lines?: readonly string[];
}

/**
 * Every cache asked for at every budget (bytes for one stream, layer and head, metadata included), the oracle and random
 * lines added. Caches without a budget come once. With no cache asked for: all that have a budget and take this order.
 *
 * @throws Failure `bad-option` when a cache asked for cannot be so small, or nothing is left
 */
export function fieldOf(
  asked: readonly AskedCache[],
  budgets: readonly number[],
  shape: Shape,
  { registry = builtIn, lines: always = LINES }: FieldOptions = {},
): Field {
  const wanted = asked.length > 0 ? asked : allWithin(shape.order);
  const free = wanted.filter(({ name }) => pluginOf(registry, 'cache', name).spec.within === undefined);
  const lines = always.filter((line) => !wanted.some(({ name }) => name === line)).map(bare);
  const tries = [...new Set(budgets)].flatMap((budget) =>
    [...wanted.filter((cache) => !free.includes(cache)), ...lines].map((cache) => {
      const contender = within(cache, pluginOf(registry, 'cache', cache.name), budget, shape);
      if (contender === null && asked.includes(cache)) throw tooSmall(cache, budget, shape);
      return { cache, budget, contender };
    }),
  );
  const contenders = [
    ...tries.flatMap(({ contender }) => contender ?? []),
    ...free.map((cache) => ({ ...cache, budget: null, asked: cache })),
  ];
  if (contenders.length === 0) throw nothingFits(budgets, shape);
  const leftOut = tries.filter(({ contender }) => contender === null);
  return { contenders, leftOut: leftOut.map(({ cache: { name }, budget }) => ({ name, budget })) };
}

function allWithin(order: Order): readonly AskedCache[] {
  const able = builtIn.caches.filter(({ spec }) => spec.within !== undefined && spec.orders.includes(order));
  return able.map(({ spec }) => bare(spec.name));
}

const bare = (name: string): AskedCache => ({ name, label: name, options: {} });

/** One cache at one budget, with the options it was given; null when it cannot be so small. */
function within(cache: AskedCache, plugin: CachePlugin, budget: number, shape: Shape): Contender | null {
  const found = plugin.spec.within?.(budget, shape) ?? null;
  if (found === null) return null;
  const options = { ...found, ...cache.options };
  const held = mostHeld(plugin, options, shape);
  if (held > budget) throw overBudget(cache, budget, held);
  return { name: cache.name, label: `${cache.label}@${exactSize(budget)}`, options, budget, asked: cache };
}

/** The most bytes that a cache comes to hold, metadata included. */
export function mostHeld(plugin: CachePlugin, options: AskedCache['options'], shape: Shape): number {
  const factory = plugin(options);
  const size = factory.formula({ ...shape, n: ENDLESS, census: null });
  // what keeps everything and only reads within its budget is a line, and says so
  return factory.spec.readsPart === true ? 0 : size.residentBytes + size.metadataBytes;
}

function overBudget({ label }: AskedCache, budget: number, held: number): Failure {
  return new Failure(
    'bad-option',
    `cache ${label} comes to hold ${formatBytes(held)} with the options given, over the budget of ${formatBytes(budget)}`,
    'leave out its size: --budget sets it',
  );
}

function tooSmall({ label }: AskedCache, budget: number, { d, order }: Shape): Failure {
  return new Failure(
    'bad-option',
    `cache ${label} cannot be as small as ${formatBytes(budget)} at d = ${d}, order ${order}`,
    `raise --budget, or leave out ${label}`,
  );
}

function nothingFits(budgets: readonly number[], { d, order }: Shape): Failure {
  return new Failure(
    'bad-option',
    `--budget ${budgets.map(exactSize).join(',')}: no cache can be so small at d = ${d}, order ${order}`,
    'raise --budget: the smallest cache keeps one token a side',
  );
}

/** Bytes in the largest unit that divides them, for labels: no two budgets may look the same. */
export function exactSize(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB'];
  let [size, unit] = [bytes, 0];
  while (size % 1024 === 0 && unit < units.length - 1) [size, unit] = [size / 1024, unit + 1];
  return `${size}${units[unit]}`;
}

/** One line of the result. */
export interface Standing {
  readonly contender: Contender;
  readonly summary: CacheSummary;
}

/** Contenders of one budget, least mean error first; what was not measured comes last. */
export function standings(
  all: readonly Contender[],
  summaries: readonly CacheSummary[],
  budget: number | null,
): readonly Standing[] {
  const errorOf = ({ summary }: Standing) => summary.err_rel_l2_mean ?? Infinity;
  return all
    .filter((contender) => contender.budget === budget)
    .flatMap((contender) => {
      const summary = summaries.find(({ cache }) => cache === contender.label);
      return summary === undefined ? [] : [{ contender, summary }];
    })
    .sort((a, b) => errorOf(a) - errorOf(b));
}
