import { fourCache } from '../operators/caches/four-cache.js';
import type { CacheFactory } from '../src/core/cache.js';
import { holdCache } from '../src/core/hold-cache.js';
import type { CacheBank, HeldCache, Reference, Run, SavedCache } from '../src/core/run.js';
import { valueNorm } from '../src/core/value-norm.js';

/** A cache of a run and the name its rows carry. */
export interface LabelledCache {
  readonly label: string;
  readonly factory: CacheFactory;
}

/** One cache of a bank as plain data, and where it belongs. */
export interface SavedInBank {
  readonly kind: 'cache' | 'reference';
  readonly streamId: number;
  readonly layer: number;
  /** Place among the caches of its stream and layer. */
  readonly index: number;
  readonly saved: SavedCache;
  /** Of a reference: the norm of its values, and the rows of its scratch for marginals. */
  readonly values: readonly [Float64Array, Float64Array] | null;
  readonly mass: readonly [number, number] | null;
}

/** A bank whose whole state can be stored and brought back, bit for bit. */
export interface SavedBank extends CacheBank {
  /** Every cache there is, one at a time: together they may be too large for a copy. */
  save(): Iterable<SavedInBank>;
  /** @throws RangeError when it does not fit the caches of this run */
  restore(piece: SavedInBank): void;
}

type BankParts = Pick<Run, 'arena' | 'ledger' | 'random' | 'shape'>;

/**
 * The caches of a run, made when a stream first reaches a layer: every stream, layer and head has its own.
 * The reference is a four-cache, which math.md 1.2 shows to be exact; the pool computes it in float64.
 */
export function createBank(parts: BankParts, caches: readonly LabelledCache[]): SavedBank {
  const held = memoise((streamId, layer) => hold(parts, caches, streamId, layer));
  const references = memoise((streamId, layer) => holdReference(parts, streamId, layer));
  return {
    labels: caches.map(({ label }) => label),
    at: held.get,
    reference: references.get,
    *save() {
      for (const [at, list] of held.made()) {
        for (const [index, one] of list.entries()) {
          yield { kind: 'cache', ...at, index, saved: one.save(), values: null, mass: null };
        }
      }
      for (const [at, list] of references.made()) {
        for (const [index, one] of list.entries()) {
          const mass = [one.mass[0].count, one.mass[1].count] as const;
          yield { kind: 'reference', ...at, index, saved: one.save(), values: one.values.save(), mass };
        }
      }
    },
    restore({ kind, streamId, layer, index, saved, values, mass }) {
      if (kind === 'cache') return held.get(streamId, layer)[index].restore(saved);
      const reference = references.get(streamId, layer)[index];
      reference.restore(saved);
      if (values !== null) reference.values.restore(values);
      mass?.forEach((count, side) => reference.mass[side].resize(count));
    },
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

interface Place {
  readonly streamId: number;
  readonly layer: number;
}

/** Made when first asked for; `made` in the order in which they were. */
function memoise<T>(make: (streamId: number, layer: number) => T) {
  const places = new Map<string, readonly [Place, T]>();
  return {
    get(streamId: number, layer: number): T {
      const key = `${streamId}/${layer}`;
      const known = places.get(key) ?? ([{ streamId, layer }, make(streamId, layer)] as const);
      places.set(key, known);
      return known[1];
    },
    made: () => places.values(),
  };
}
