import type { Cache, CacheFactory, HeldBytes } from './cache.js';
import type { Ledger } from './ledger.js';
import type { Arena } from './memory.js';
import type { AttentionPool } from './pool.js';
import type { Random } from './random.js';
import type { ModelShape } from './shape.js';
import type { TraceSink } from './trace.js';

/** Nanoseconds since the run started; the only clock operators see. */
export interface Clock {
  now(): number;
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
  bytes(): HeldBytes;
}

/** All caches of a run, created when a stream first reaches a layer. */
export interface CacheBank {
  /** Labels in the order of the rows. */
  readonly labels: readonly string[];
  /** Caches of one stream and layer, head by head, in label order. */
  at(streamId: number, layer: number): readonly HeldCache[];
  /** The exact caches that `compare` measures against, one per head. */
  reference(streamId: number, layer: number): readonly HeldCache[];
}

/** Everything with state or a lifetime in one run. Operators hold none: they name the parts they use. */
export interface Run {
  readonly shape: ModelShape;
  readonly seed: number;
  readonly arena: Arena;
  readonly ledger: Ledger;
  readonly pool: AttentionPool;
  readonly caches: CacheBank;
  readonly clock: Clock;
  readonly sink: TraceSink;
  random(...labels: readonly (string | number)[]): Random;
}
