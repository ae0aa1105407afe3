import type { Entry, MapNode, Node } from './tree.js';

/**
 * Lay `over` on `base`: maps merge key by key, everything else is replaced. A map that names another plug-in replaces the
 * whole map: the options of a source mean nothing to the next one.
 */
export function merge(base: Node, over: Node): Node {
  if (base.kind !== 'map' || over.kind !== 'map' || namesAnother(base, over)) return over;
  const entries = new Map<string, Entry>(base.entries);
  for (const [key, entry] of over.entries) {
    const below = base.entries.get(key);
    entries.set(key, below === undefined ? entry : { ...entry, node: merge(below.node, entry.node) });
  }
  return { ...over, entries };
}

function namesAnother(base: MapNode, over: MapNode): boolean {
  const [name, other] = [base, over].map(({ entries }) => entries.get('name')?.node);
  return name?.kind === 'scalar' && other?.kind === 'scalar' && name.value !== other.value;
}
