/** Numbers as caches and kernels see them: float32 in a run, float64 where a test wants full precision. */
export type Floats = Float32Array | Float64Array;

/** A piece of the memory that all threads share: `length` numbers from byte `offset` on. */
export interface Slot {
  readonly offset: number;
  readonly length: number;
}

/** Consecutive rows of a matrix in shared memory: `rows` rows from byte `offset` on. Plain data, for jobs. */
export interface Span {
  readonly offset: number;
  readonly rows: number;
}

/** What a byte is held for; the ledger keeps one account per cache, layer, head and purpose. */
export type Purpose = 'resident' | 'metadata' | 'scratch';

/** Asks for float64 numbers whatever the arena holds: for sums over a whole stream. They cost 8 bytes each. */
export type Wide = 'f64';

/**
 * A matrix that grows by rows, in memory that every thread can read. Rows never move once written, so
 * growing copies nothing. Each row is charged to an account of the ledger as it is appended.
 */
export interface Rows {
  /** Numbers per row. */
  readonly width: number;
  /** Rows in use. */
  readonly count: number;
  /** Bytes of the rows in use. */
  readonly bytes: number;
  append(row: ArrayLike<number>): void;
  /** Overwrite row `index` < count. */
  write(index: number, row: ArrayLike<number>): void;
  /** A view of row `index`, (width); it stays valid until `release`. */
  read(index: number): Floats;
  /** Grow or shrink to `count` rows; new rows hold whatever was there. */
  resize(count: number): void;
  /** Where the rows are, in order. */
  spans(): readonly Span[];
  /** The same as views, (rows × width) numbers each: for work on many rows. Valid until `resize` or `release`. */
  views(): readonly Floats[];
  /** Copy of all rows, (count × width). */
  snapshot(): Floats;
  restore(rows: Floats): void;
  release(): void;
}

/** Memory shared by all threads. What makes it shared is known only to workers/arena.ts. */
export interface Arena {
  readonly dtype: 'f32' | 'f64';
  readonly bytesPerNumber: 4 | 8;
  /** @throws Failure `out-of-memory` when the memory cannot grow further */
  alloc(length: number): Slot;
  free(slot: Slot): void;
  /** The numbers of a slot. The view is valid until the slot is freed. */
  view(slot: Slot): Floats;
  /** `charge` is told of every change in bytes, before it happens, and may refuse by throwing. */
  rows(width: number, charge: (bytes: number) => void, wide?: Wide): Rows;
}
