import type { Cache, CacheFactory, HeldBytes, Snapshot } from './cache.js';
import type { Ledger } from './ledger.js';
import type { Arena, Rows } from './memory.js';
import type { MultiplyRows } from './multiply-rows.js';
import type { AttentionPool } from './pool.js';
import type { Random } from './random.js';
import type { ModelShape } from './shape.js';
import type { TraceSink } from './trace.js';
import type { ValueNorm } from './value-norm.js';

/** Nanoseconds since the run started; the only clock operators see. */
export interface Clock {
  now(): number;
}

/** Everything about a held cache that the rows to come depend on; plain data, for a file. */
export interface SavedCache {
  readonly label: string;
  readonly head: number;
  readonly appended: number;
  readonly outOfRange: boolean;
  readonly state: Snapshot;
  readonly bytes: HeldBytes;
  /** Rows of every scratch matrix, in the order they were made: what a query left there is still held. */
  readonly scratch: readonly number[];
}

/** A cache that is held for one stream, layer and head. */
export interface HeldCache {
  /** Name in the `cache` column; unique in a run. */
  readonly label: string;
  readonly head: number;
  readonly factory: CacheFactory;
  readonly cache: Cache;
  /** Tokens appended so far; `updateCaches` counts them. */
  appended: number;
  /** Whether the last answer was out of the range of what the cache promises; `certify` keeps it. */
  outOfRange: boolean;
  bytes(): HeldBytes;
  save(): SavedCache;
  /** @throws RangeError when it is of another cache, or does not bring back the bytes that were held */
  restore(saved: SavedCache): void;
  /** Give all its memory back; it must not be used any more. */
  release(): void;
}

/** The exact cache of one head that answers are compared with, and the norm of all values it was given. */
export interface Reference extends HeldCache {
  readonly values: ValueNorm;
  /** Scratch for the exact marginals of both sides, (n × 1); used where recall is asked for. */
  readonly mass: readonly [Rows, Rows];
}

/** All caches of a run, created when a stream first reaches a layer. */
export interface CacheBank {
  /** Labels in the order of the rows. */
  readonly labels: readonly string[];
  /** Caches of one stream and layer, head by head, in label order. */
  at(streamId: number, layer: number): readonly HeldCache[];
  /** What `compare` measures against, one per head. */
  reference(streamId: number, layer: number): readonly Reference[];
  /** Labels of caches that failed and were dropped: `at` has them no longer. */
  readonly dropped: ReadonlySet<string>;
  /** Give back all memory of a stream that has ended; its caches must not be asked for again. */
  release(streamId: number): void;
  /**
   * Told that a cache threw, or did what no cache may, while it was asked for `doing`. In a run that goes on without it, the
   * cache is dropped, with all its heads, layers and streams; what it left in the step's event is to be left out.
   * @throws Failure `plugin-failed` where the run must stop; `error` itself where the cache is not to blame
   */
  failed(held: Pick<HeldCache, 'label' | 'head'>, at: StepPlace, doing: string, error: unknown): void;
}

/** A step of one stream in one layer. */
export interface StepPlace {
  readonly streamId: number;
  readonly layer: number;
  readonly step: number;
}

/** A cache that failed: the first step that has no rows of it, and why. */
export interface DroppedCache {
  readonly cache: string;
  readonly streamId: number;
  readonly step: number;
  readonly message: string;
}

/** What a language model said last of the next token of each stream, (vocabulary). */
export type Predictions = Map<number, Float32Array>;

/** Everything with state or a lifetime in one run. Operators hold none: they name the parts they use. */
export interface Run {
  readonly shape: ModelShape;
  readonly seed: number;
  readonly arena: Arena;
  readonly ledger: Ledger;
  readonly pool: AttentionPool;
  /** Projects; the reference, which gives the same bits, where it is absent. */
  readonly multiply?: MultiplyRows | undefined;
  readonly caches: CacheBank;
  /** Kept from step to step where a language model predicts. */
  readonly predictions?: Predictions | undefined;
  readonly clock: Clock;
  readonly sink: TraceSink;
  random(...labels: readonly (string | number)[]): Random;
}
