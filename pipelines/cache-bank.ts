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
import { pluginFailure } from '../src/core/thrown.js';
import { valueNorm } from '../src/core/value-norm.js';

/** A cache of a run and the name its rows carry. */
export interface LabelledCache {
  readonly label: string;
  /** What users name it by, where that is a reference: messages about a plug-in say where it is from. */
  readonly name?: string;
  readonly factory: CacheFactory;
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
  /** Caches that were dropped, in the order in which they failed. */
  readonly drops: readonly DroppedCache[];
  /** Whether there are some that nobody has been told of. */
  readonly hasNewDrops: boolean;
  /** Those; asking makes them known. */
  takeNewDrops(): readonly DroppedCache[];
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
  const drops: DroppedCache[] = [];
  const dropped = new Set<string>();
  let untold: DroppedCache[] = [];
  const labels = caches.map(({ label }) => label);
  const failed: CacheBank['failed'] = ({ label, head }, at, doing, error) => {
    const failure = failureOf(caches, label, head, at, doing, error);
    if (failure.code !== 'plugin-failed') throw failure;
    if (onError === 'stop') throw withHint(failure, '--on-error skip goes on without it');
    if (dropped.has(label)) return;
    dropped.add(label);
    const drop = { cache: label, streamId: at.streamId, step: at.step, message: failure.what };
    drops.push(drop);
    untold.push(drop);
    if (dropped.size === labels.length)
      throw withHint(failure, 'no cache is left: --on-error skip needs one');
  };
  const held = memoise((streamId, layer) =>
    hold(parts, caches, { streamId, layer, step: 0 }, { dropped, failed }),
  );
  const references = memoise((streamId, layer) => holdReference(parts, streamId, layer));
  const isThere = (one: HeldCache | null): one is HeldCache => one !== null && !dropped.has(one.label);

  return {
    labels,
    dropped,
    drops,
    failed,
    get hasNewDrops() {
      return untold.length > 0;
    },
    takeNewDrops() {
      const taken = untold;
      untold = [];
      return taken;
    },
    at: (streamId, layer) => {
      const all = held.get(streamId, layer);
      return dropped.size === 0 ? (all as readonly HeldCache[]) : all.filter(isThere);
    },
    reference: references.get,
    *save() {
      for (const one of drops) yield { kind: 'dropped', dropped: one }; // first: they are not to be made again
      for (const [at, list] of held.made()) {
        for (const [index, one] of list.entries()) {
          if (isThere(one))
            yield { kind: 'cache', ...at, index, saved: saved(one, at, failed), values: null, mass: null };
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
      if (piece.kind === 'dropped') {
        drops.push(piece.dropped);
        return void dropped.add(piece.dropped.cache);
      }
      const { kind, streamId, layer, index, values, mass } = piece;
      if (kind === 'cache') return restored(held.get(streamId, layer)[index], piece, caches);
      const reference = references.get(streamId, layer)[index];
      reference.restore(piece.saved);
      if (values !== null) reference.values.restore(values);
      mass?.forEach((count, side) => reference.mass[side].resize(count));
    },
    releaseDropped() {
      for (const [, list] of held.made()) {
        for (const one of list) if (one !== null && dropped.has(one.label)) one.release();
      }
    },
  };
}

function failureOf(
  caches: readonly LabelledCache[],
  label: string,
  head: number,
  { streamId, layer, step }: StepPlace,
  doing: string,
  error: unknown,
): Failure {
  const name = caches.find((cache) => cache.label === label)?.name ?? label;
  const who = `cache ${name === label ? label : `${label} (${name})`}`;
  return pluginFailure(
    `${who}, stream ${streamId}, layer ${layer}, head ${head}, step ${step}`,
    doing,
    error,
  );
}

function withHint({ code, what, hint, cause }: Failure, more: string): Failure {
  return new Failure(code, what, hint === undefined ? more : `${hint}; ${more}`, { cause });
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
    throw failureOf(caches, one.label, one.head, at, 'restore', error);
  }
}

/** Null where a cache could not be made, and the run goes on without it. */
function hold(
  parts: BankParts,
  caches: readonly LabelledCache[],
  at: StepPlace,
  { dropped, failed }: Pick<CacheBank, 'dropped' | 'failed'>,
): readonly (HeldCache | null)[] {
  return Array.from({ length: parts.shape.heads }, (_, head) =>
    caches.map((cache): HeldCache | null => {
      if (dropped.has(cache.label)) return null;
      try {
        return holdOne(parts, cache, at, head);
      } catch (error) {
        failed({ label: cache.label, head }, at, 'create', error);
        return null;
      }
    }),
  ).flat();
}

const METHODS = ['append', 'plan', 'census', 'snapshot', 'restore'] as const;

function holdOne(
  { arena, ledger, random, shape }: BankParts,
  { label, factory }: LabelledCache,
  { streamId, layer }: StepPlace,
  head: number,
): HeldCache {
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
  };
}
