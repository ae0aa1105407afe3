import type { CacheFactory } from '../../src/core/cache.js';
import type { ModelShape } from '../../src/core/shape.js';

/** Factories of one cache: one for all, or, where a budget is shared among them, one for each layer and head. */
export interface Factories {
  readonly factory: CacheFactory;
  readonly allocated?: readonly (readonly CacheFactory[])[] | undefined;
}

/** What makes the cache of a layer and head. */
export function factoryAt({ factory, allocated }: Factories, layer: number, head: number): CacheFactory {
  return allocated?.[layer][head] ?? factory;
}

/** Everything that makes instances of a cache, and for how many layers and heads of a stream. */
export function factoriesOf(
  { factory, allocated }: Factories,
  { layers, heads }: Pick<ModelShape, 'layers' | 'heads'>,
): readonly { readonly factory: CacheFactory; readonly instances: number }[] {
  if (allocated === undefined) return [{ factory, instances: layers * heads }];
  const counts = new Map<CacheFactory, number>();
  for (const one of allocated.flat()) counts.set(one, (counts.get(one) ?? 0) + 1);
  return [...counts].map(([made, instances]) => ({ factory: made, instances }));
}
