import type { z } from 'zod';
import type { Floats, Purpose, Rows, Wide } from './memory.js';
import { API_VERSION, define, type Plugin, type Spec } from './plugin.js';
import type { Plan } from './plan.js';
import type { Answer } from './pool.js';
import type { Random } from './random.js';
import type { Order } from './shape.js';

/** One token's keys and values, (d) each; `k2` and `v2` are null in matrix order. Valid only during the call. */
export interface Entry {
  readonly k1: Floats;
  readonly k2: Floats | null;
  readonly v1: Floats;
  readonly v2: Floats | null;
}

/** What a cache holds now. Counts that a cache does not have are null. Side 2 is 0 in matrix order. */
export interface Census {
  /** Atoms a query can see, per side. */
  readonly kept1: number;
  readonly kept2: number;
  /** Atoms that left since the start, per side. */
  readonly evicted1: number;
  readonly evicted2: number;
  readonly clusters1: number | null;
  readonly clusters2: number | null;
  /** Sampled vectors, both sides. */
  readonly samples: number | null;
}

/** Bytes, from the buffers that are held. */
export interface HeldBytes {
  readonly resident: number;
  readonly metadata: number;
  readonly scratch: number;
}

/** The whole state of a cache, bit for bit; arrays only, so that it can be stored and compared. */
export type Snapshot = Readonly<Record<string, readonly number[] | Floats | Int32Array | Float64Array>>;

/**
 * What keeps the entries of one stream, layer and head, and says how to answer a query.
 * Everything that is random or stored comes from the `CacheParts` it was created with.
 */
export interface Cache {
  /** Take one token's rows. Never copies a whole cache. */
  append(entry: Entry): void;
  /** The jobs that answer `q`, (d). May use scratch memory; must not change what is kept. */
  plan(q: Floats): Plan;
  /**
   * Told of the answer to the last plan, before the next append; what the plan's `measure` jobs left can be read.
   * May change what the next append evicts, but not what a query sees. Also called for tokens of the prompt.
   */
  observe?(answer: Answer): void;
  /** A bound on ‖o − ô‖₂ that holds for certain, for this answer to the last plan; caches of exactness `certified`. */
  certify?(answer: Answer): number;
  /**
   * Why the answer to the last plan is worth less than the cache is meant to promise, as one sentence for an event and
   * a warning; null when all is well. For example: scores left the range in which a bound holds.
   */
  outOfRange?(answer: Answer): string | null;
  /** Tokens (0-based positions in the stream) whose rows are kept unchanged, per side; caches that select. */
  positions?(): { readonly side1: readonly number[]; readonly side2: readonly number[] };
  census(): Census;
  snapshot(): Snapshot;
  restore(snapshot: Snapshot): void;
}

/** What a cache is given. Rows are charged to the ledger and counted as they grow, so bytes are never a formula. */
export interface CacheParts {
  readonly d: number;
  readonly order: Order;
  readonly scale: number;
  readonly bytesPerNumber: number;
  readonly random: Random;
  /** Numbers of metadata that a wrapper adds to every atom: they are part of a budget in bytes. Absent: none. */
  readonly wrapperMetadata?: number;
  rows(width: number, purpose?: Purpose, wide?: Wide): Rows;
}

/** What a size formula may depend on. `census` is null when planning, before anything is kept. */
export interface SizeInput {
  /** Tokens appended. */
  readonly n: number;
  readonly d: number;
  readonly order: Order;
  readonly bytesPerNumber: number;
  readonly census: Census | null;
  /** Numbers of metadata that a wrapper adds to every atom: they are part of a budget in bytes. Absent: none. */
  readonly wrapperMetadata?: number;
}

/** What theory says a cache costs after n tokens; without a census, the most it can cost. */
export interface Size {
  readonly residentBytes: number;
  readonly metadataBytes: number;
  readonly scratchBytes: number;
  /** Floating-point operations of one query; a fused multiply-add counts 2, exponentials are not counted. */
  readonly flops: number;
}

/** exact: equals full attention. certified: error bound per step. unbiased: right on average over seeds. */
export type Exactness = 'exact' | 'certified' | 'unbiased' | 'heuristic';

/** What a paper claims of a cache with these options, for the head size: the ε of its error bound ε·‖p‖₂·‖V1 ⊘ V2‖₂. */
export type ClaimedEps<O> = (input: SizeInput, options: O) => number | null;

/** A cache's own description: help, validation, tables and the conformance suite are made from it. */
export interface CacheSpec<O extends z.ZodObject = z.ZodObject> extends Spec<O> {
  readonly kind: 'cache';
  readonly exactness: Exactness;
  readonly orders: readonly Order[];
  /** Whether eviction looks at queries (such policies have seen what they are judged by). */
  readonly queryAware: boolean;
  /** Whether kept rows are never changed or dropped. */
  readonly appendOnly: boolean;
  /** Whether an answer is exact attention over tokens it selects, each with weight 1: then Ẑ / Z is the mass it kept. */
  readonly selects: boolean;
  /**
   * Whether each query reads a part of what is kept, and chooses which: then the operations of the formula are the most
   * that a query takes, and atoms that no query sees are still kept. Absent: every query reads everything.
   */
  readonly readsPart?: boolean;
  /** The resident bytes in words, e.g. `4·n·d·b`, with b = bytes per number. */
  readonly formulaText: string;
  formula(input: SizeInput, options: z.output<O>): Size;
  /** The ε that the paper's error bound promises with these options, if it has one. */
  claimedEps?: ClaimedEps<z.output<O>>;
  /**
   * Options with which the cache never holds more than so many bytes, metadata included, for one stream, layer and head:
   * what comparisons at equal bytes use. Null when it cannot be so small; absent for caches without a budget.
   */
  within?(bytes: number, shape: Pick<SizeInput, 'd' | 'order' | 'bytesPerNumber'>): z.input<O> | null;
  /** Options with which the cache keeps everything of n tokens (law L11); null if it always does. */
  covering(n: number): z.input<O> | null;
}

/** A cache plug-in with its options checked: what `create` needs to make one instance per stream, layer and head. */
export interface CacheFactory {
  readonly spec: CacheSpec;
  readonly options: Readonly<Record<string, unknown>>;
  create(parts: CacheParts): Cache;
  formula(input: SizeInput): Size;
  claimedEps(input: SizeInput): number | null;
}

/** A cache as users name it: call it with options to get a factory. */
export type CachePlugin<O extends z.ZodObject = z.ZodObject> = Plugin<CacheSpec<O>, CacheFactory>;

/** Declare a cache: its spec as plain data, and how to create an instance from checked options. */
export function defineCache<O extends z.ZodObject>(
  spec: Omit<CacheSpec<O>, 'kind' | 'apiVersion'>,
  create: (options: z.output<O>, parts: CacheParts) => Cache,
): CachePlugin<O> {
  const full: CacheSpec<O> = { ...spec, kind: 'cache', apiVersion: API_VERSION };
  return define(full, (options) => ({
    spec: full as unknown as CacheSpec,
    options: options as Record<string, unknown>,
    create: (parts) => create(options, parts),
    formula: (input) => full.formula(input, options),
    claimedEps: (input) => full.claimedEps?.(input, options) ?? null,
  }));
}
