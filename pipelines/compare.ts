import { caches as builtIn } from '../operators/caches/index.js';
import type { CachePlugin, SizeInput } from '../src/core/cache.js';
import { Failure } from '../src/core/failure.js';
import { formatBytes } from '../src/core/format.js';
import { findByName } from '../src/core/plugin.js';
import type { Order } from '../src/core/shape.js';
import type { Config } from './config.js';
import type { CacheSummary } from './summarise.js';

/** Always beside the caches under test: no selection of as many pairs loses less, and any policy should beat chance. */
export const LINES = ['oracle-top-k', 'random'] as const;

/** A cache as a run is asked for it. */
export type AskedCache = Config['caches'][number];

/** A cache at one budget. */
export interface Contender extends AskedCache {
  /** Bytes for one stream, layer and head; null: this cache has no budget. */
  readonly budget: number | null;
}

type Shape = Pick<SizeInput, 'd' | 'order' | 'bytesPerNumber'>;

/**
 * Every cache asked for at every budget (bytes for one stream, layer and head, metadata included), the oracle and random
 * lines added. Caches without a budget come once. With no cache asked for: all that have a budget and take this order.
 *
 * @throws Failure `bad-option` when a cache asked for cannot be so small
 */
export function contenders(
  asked: readonly AskedCache[],
  budgets: readonly number[],
  shape: Shape,
): readonly Contender[] {
  const wanted = asked.length > 0 ? asked : allWithin(shape.order);
  const lines = LINES.filter((line) => !wanted.some(({ name, options }) => name === line && isBare(options)));
  const free = wanted.filter((cache) => pluginOf(cache).spec.within === undefined);
  const held = [...wanted.filter((cache) => !free.includes(cache)), ...lines.map(bare)];
  return [
    ...budgets.flatMap((budget) =>
      held.flatMap((cache) => within(cache, budget, shape, asked.includes(cache))),
    ),
    ...free.map((cache) => ({ ...cache, budget: null })),
  ];
}

function allWithin(order: Order): readonly AskedCache[] {
  const able = builtIn.filter(({ spec }) => spec.within !== undefined && spec.orders.includes(order));
  return able.map(({ spec }) => bare(spec.name));
}

const bare = (name: string): AskedCache => ({ name, label: name, options: {} });
const isBare = (options: object) => Object.keys(options).length === 0;
const pluginOf = ({ name }: AskedCache): CachePlugin => findByName('cache', builtIn, name);

/** One cache at one budget; none when it cannot be so small and nobody asked for it by name. */
function within(cache: AskedCache, budget: number, shape: Shape, named: boolean): readonly Contender[] {
  const options = fitted(pluginOf(cache), cache.options, budget, shape);
  const label = `${cache.label}@${exactSize(budget)}`;
  if (options !== null) return [{ name: cache.name, label, options, budget }];
  if (!named) return [];
  throw new Failure(
    'bad-option',
    `cache ${cache.label} cannot be as small as ${formatBytes(budget)} at d = ${shape.d}, order ${shape.order}`,
    `raise --budget, or leave out ${cache.label}`,
  );
}

/** Bytes in the largest unit that divides them, for labels: no two budgets may look the same. */
function exactSize(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB'];
  let [size, unit] = [bytes, 0];
  while (size % 1024 === 0 && unit < units.length - 1) [size, unit] = [size / 1024, unit + 1];
  return `${size}${units[unit]}`;
}

/** Options that keep within a budget; those given stay. Null when they do not work. */
function fitted(
  plugin: CachePlugin,
  given: AskedCache['options'],
  budget: number,
  shape: Shape,
): AskedCache['options'] | null {
  const found = plugin.spec.within?.(budget, shape) ?? null;
  return found === null ? null : { ...found, ...given };
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
