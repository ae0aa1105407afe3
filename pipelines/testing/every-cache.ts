import { caches } from '../../operators/caches/index.js';
import { tight } from '../../operators/caches/testing/tight.js';
import type { Exactness } from '../../src/core/cache.js';
import type { Order } from '../../src/core/shape.js';

/** A cache with options so small that it forgets within twenty tokens, if it ever does. */
export interface TightCache {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly exactness: Exactness;
}

/** Every cache of this version that answers in this order, with the first of its tight options. */
export function everyCache(order: Order): readonly TightCache[] {
  return caches
    .filter(({ spec }) => spec.orders.includes(order))
    .map(({ spec: { name, exactness } }) => ({ name, exactness, options: tight[name]?.options?.[0] ?? {} }));
}

/** The same as flags of a command. */
export function everyCacheFlags(order: Order): readonly string[] {
  return everyCache(order).flatMap(({ name, options }) => {
    const list = Object.entries(options).map(([key, value]) => `${key}=${String(value)}`);
    return ['--cache', [name, ...(list.length === 0 ? [] : [list.join(',')])].join(':')];
  });
}
