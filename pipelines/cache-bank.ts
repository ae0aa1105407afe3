import { fourCache } from '../operators/caches/four-cache.js';
import type { CacheFactory } from '../src/core/cache.js';
import { holdCache } from '../src/core/hold-cache.js';
import type { CacheBank, HeldCache, Reference, Run } from '../src/core/run.js';
import { valueNorm } from '../src/core/value-norm.js';

/** A cache of a run and the name its rows carry. */
export interface LabelledCache {
  readonly label: string;
  readonly factory: CacheFactory;
}

type BankParts = Pick<Run, 'arena' | 'ledger' | 'random' | 'shape'>;

/**
 * The caches of a run, made when a stream first reaches a layer: every stream, layer and head has its own.
 * The reference is a four-cache, which math.md 1.2 shows to be exact; the pool computes it in float64.
 */
export function createBank(parts: BankParts, caches: readonly LabelledCache[]): CacheBank {
  const held = memoise((streamId, layer) => hold(parts, caches, streamId, layer));
  return {
    labels: caches.map(({ label }) => label),
    at: held,
    reference: memoise((streamId, layer) => holdReference(parts, streamId, layer)),
  };
}

function hold(
  { arena, ledger, random, shape }: BankParts,
  caches: readonly LabelledCache[],
  streamId: number,
  layer: number,
): readonly HeldCache[] {
  return Array.from({ length: shape.heads }, (_, head) =>
    caches.map(({ label, factory }) =>
      holdCache({
        ...{ label, streamId, layer, head, factory, shape, arena, ledger },
        random: random('cache', label, streamId, layer, head),
      }),
    ),
  ).flat();
}

function holdReference(parts: BankParts, streamId: number, layer: number): readonly Reference[] {
  const { arena, ledger, shape } = parts;
  return hold(parts, [{ label: 'reference', factory: fourCache() }], streamId, layer).map((held) => {
    const charge = (bytes: number) =>
      ledger.charge(`reference/${streamId}/${layer}/${held.head}/scratch`, bytes);
    return {
      ...held,
      values: valueNorm(shape.d),
      mass: [arena.rows(1, charge), arena.rows(1, charge)],
    };
  });
}

function memoise<T>(make: (streamId: number, layer: number) => T): (streamId: number, layer: number) => T {
  const made = new Map<string, T>();
  return (streamId, layer) => {
    const key = `${streamId}/${layer}`;
    const known = made.get(key) ?? make(streamId, layer);
    made.set(key, known);
    return known;
  };
}
