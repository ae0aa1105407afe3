import { fourCache } from '../operators/caches/four-cache.js';
import type { CacheFactory } from '../src/core/cache.js';
import { Failure } from '../src/core/failure.js';
import { holdCache } from '../src/core/hold-cache.js';
import type {
  CacheBank,
  DroppedCache,
  HeldCache,
  Reference,
  Run,
  SavedCache,
  StepPlace,
} from '../src/core/run.js';
import { valueNorm } from '../src/core/value-norm.js';
import { factoryAt } from './allocation/factories.js';
import { createDrops, failureOf, type Drops } from './plugins/drops.js';

/** A cache of a run and the name its rows carry. */
export interface LabelledCache {
  readonly label: string;
  /** What users name it by, where that is a reference: messages about a plug-in say where it is from. */
  readonly name?: string;
  readonly factory: CacheFactory;
  /** By layer and head, where they have budgets of their own; then `factory` is that of the first. */
  readonly allocated?: readonly (readonly CacheFactory[])[];
}

/** One cache of a bank as plain data, and where it belongs. */
export interface SavedHolding {
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

/** A piece of a bank: a cache, or the word that one was dropped. */
export type SavedInBank = SavedHolding | { readonly kind: 'dropped'; readonly dropped: DroppedCache };

/** A bank whose whole state can be stored and brought back, bit for bit. */
export interface SavedBank extends CacheBank {
  readonly drops: Drops;
  /** Every cache there is, one at a time: together they may be too large for a copy. */
  save(): Iterable<SavedInBank>;
  /** @throws RangeError when it does not fit the caches of this run */
  restore(piece: SavedInBank): void;
  /** Give the memory of dropped caches back; between steps, when nobody looks at it. */
  releaseDropped(): void;
}

type BankParts = Pick<Run, 'arena' | 'ledger' | 'random' | 'shape'>;

/**
 * The caches of a run, made when a stream first reaches a layer: every stream, layer and head has its own.
 * The reference is a four-cache, which math.md 1.2 shows to be exact; the pool computes it in float64.
 * A cache that fails ends the run, or is dropped from it where `onError` says `skip`.
 */
export function createBank(
  parts: BankParts,
  caches: readonly LabelledCache[],
  onError: 'stop' | 'skip' = 'stop',
): SavedBank {
  const drops = createDrops(caches, onError);
  const held = memoise((streamId, layer) => hold(parts, caches, { streamId, layer, step: 0 }, drops));
  const references = memoise((streamId, layer) => holdReference(parts, streamId, layer));
  const isThere = (one: HeldCache | null): one is HeldCache => one !== null && !drops.labels.has(one.label);

  return {
    labels: caches.map(({ label }) => label),
    drops,
    dropped: drops.labels,
    failed: drops.failed,
    at: (streamId, layer) => {
      const all = held.get(streamId, layer);
      return drops.labels.size === 0 ? (all as readonly HeldCache[]) : all.filter(isThere);
    },
    reference: references.get,
    *save() {
      for (const dropped of drops.all) yield { kind: 'dropped', dropped }; // first: they are not to be made again
      for (const [at, list] of held.made()) {
        for (const [index, one] of list.entries()) {
          if (isThere(one))
            yield {
              kind: 'cache',
              ...at,
              index,
              saved: saved(one, at, drops.failed),
              values: null,
              mass: null,
            };
        }
      }
      for (const [at, list] of references.made()) {
        for (const [index, one] of list.entries()) {
          const mass = [one.mass[0].count, one.mass[1].count] as const;
          yield { kind: 'reference', ...at, index, saved: one.save(), values: one.values.save(), mass };
        }
      }
    },
    restore(piece) {
      if (piece.kind === 'dropped') return drops.restore(piece.dropped);
      const { kind, streamId, layer, index, values, mass } = piece;
      if (kind === 'cache') return restored(held.get(streamId, layer)[index], piece, caches);
      const reference = references.get(streamId, layer)[index];
      reference.restore(piece.saved);
      if (values !== null) reference.values.restore(values);
      mass?.forEach((count, side) => reference.mass[side].resize(count));
    },
    release(streamId) {
      for (const one of held.take(streamId).flat()) one?.release();
      for (const one of references.take(streamId).flat()) {
        one.release();
        one.mass.forEach((rows) => rows.release());
      }
    },
    releaseDropped() {
      for (const [, list] of held.made()) {
        for (const one of list) if (one !== null && drops.labels.has(one.label)) one.release();
      }
    },
  };
}

/** The state of one cache. In a run that goes on without caches that fail, this snapshot is not taken, but the next is. */
function saved(one: HeldCache, at: Place, failed: CacheBank['failed']): SavedCache {
  try {
    return one.save();
  } catch (error) {
    failed(one, { ...at, step: one.appended }, 'snapshot', error);
    throw new Failure(
      'not-writable',
      `no snapshot: cache ${one.label} failed while it was saved, and is dropped`,
    );
  }
}

function restored(
  one: HeldCache | null,
  { streamId, layer, saved }: SavedHolding,
  caches: readonly LabelledCache[],
): void {
  if (one === null) throw new RangeError(`${saved.label}: it was there when the snapshot was taken`);
  try {
    one.restore(saved);
  } catch (error) {
    const at = { streamId, layer, step: saved.appended };
    throw failureOf(caches, one, at, 'restore', error);
  }
}

/** Null where a cache could not be made, and the run goes on without it. */
function hold(
  parts: BankParts,
  caches: readonly LabelledCache[],
  at: StepPlace,
  drops: Pick<Drops, 'labels' | 'failed'>,
): readonly (HeldCache | null)[] {
  return Array.from({ length: parts.shape.heads }, (_, head) =>
    caches.map((cache): HeldCache | null => {
      if (drops.labels.has(cache.label)) return null;
      try {
        return holdOne(parts, cache, at, head);
      } catch (error) {
        drops.failed({ label: cache.label, head }, at, 'create', error);
        return null;
      }
    }),
  ).flat();
}

const METHODS = ['append', 'plan', 'census', 'snapshot', 'restore'] as const;

function holdOne(
  { arena, ledger, random, shape }: BankParts,
  { label, ...made }: LabelledCache,
  { streamId, layer }: StepPlace,
  head: number,
): HeldCache {
  const factory = factoryAt(made, layer, head);
  const one = holdCache({
    ...{ label, streamId, layer, head, factory, shape, arena, ledger },
    random: random('cache', label, streamId, layer, head),
  });
  const missing = METHODS.find((method) => typeof one.cache?.[method] !== 'function');
  if (missing !== undefined) throw new TypeError(`it made a cache without ${missing}()`);
  return one;
}

function holdReference(parts: BankParts, streamId: number, layer: number): readonly Reference[] {
  const { arena, ledger, shape } = parts;
  return Array.from({ length: shape.heads }, (_, head) => {
    const at = { streamId, layer, step: 0 };
    const held = holdOne(parts, { label: 'reference', factory: fourCache() }, at, head);
    const charge = (bytes: number) => ledger.charge(`reference/${streamId}/${layer}/${head}/scratch`, bytes);
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
    /** Forget what was made for a stream. */
    take(streamId: number): readonly T[] {
      const taken = [...places].filter(([, [place]]) => place.streamId === streamId);
      for (const [key] of taken) places.delete(key);
      return taken.map(([, [, made]]) => made);
    },
  };
}
