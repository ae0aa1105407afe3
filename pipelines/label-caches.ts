import type { AskedCache } from './compare.js';
import { inPart } from '../src/core/part.js';
import { pluginOf, type Registry } from './registry.js';

/** A cache as a run is asked for it; without a label it goes by the name that its plug-in says of itself. */
export type RequestedCache = Omit<AskedCache, 'label'> & { readonly label?: string | undefined };

/**
 * Label every cache: as asked, or else by its plug-in's own name, whatever file and export a reference finds it in.
 * @throws Failure `unknown-name` with the nearest names
 */
export function labelCaches(caches: readonly RequestedCache[], registry: Registry): AskedCache[] {
  return caches.map((cache, i) => {
    const ownName = () => inPart(['caches', i], () => pluginOf(registry, 'cache', cache.name).spec.name);
    return { ...cache, label: cache.label ?? ownName() };
  });
}
