import type { z } from 'zod';
import type { RecordedStep, TokenEvent } from './event.js';
import { API_VERSION, define, type Plugin, type Spec } from './plugin.js';
import type { Order } from './shape.js';

/** A source of tokens: `embed` and `project` make their rows. */
export interface TokenSource {
  readonly kind: 'tokens';
  /** Streams in it; null when only reading to the end would tell. */
  readonly streams: number | null;
  /** What was read, for run.json: names, sizes, sha256 of files. Known before the first token. */
  describe(): Promise<Readonly<Record<string, unknown>>>;
  /** How many steps there are, counting at most `limit` of them; null when only reading to the end would tell. */
  count(limit: number): Promise<number | null>;
  /** Steps in order; nothing is read that has not been asked for (law L7). */
  open(): AsyncIterable<TokenEvent>;
}

/** A source of ready rows: a recording, or synthetic keys. Enters the flow after `project`. */
export interface EntrySource {
  readonly kind: 'entries';
  readonly streams: number | null;
  describe(): Promise<Readonly<Record<string, unknown>>>;
  count(limit: number): Promise<number | null>;
  /** Sizes that the rows dictate; `scale` is null when the source leaves it to the user. */
  shape(): Promise<{
    readonly layers: number;
    readonly heads: number;
    readonly d: number;
    readonly order: Order;
    readonly scale: number | null;
  }>;
  /** The stream of each of the first `limit` steps, where `streams` is null and it can be told cheaply. */
  streamIds?(limit: number): Promise<ArrayLike<number> | null>;
  open(): AsyncIterable<RecordedStep>;
}

/** Where a run's steps come from. */
export type Source = TokenSource | EntrySource;

/** What a source may use besides its options. */
export interface SourceParts {
  readonly seed: number;
  /** Standard input, when the source was told to read `-`. */
  readonly stdin: AsyncIterable<Uint8Array>;
}

/** A source's own description; help and tables are made from it. */
export interface SourceSpec<O extends z.ZodObject = z.ZodObject> extends Spec<O> {
  readonly kind: 'source';
  readonly brings: 'tokens' | 'entries';
}

/** A source as users name it: options first, parts when the run opens it. */
export type SourcePlugin<O extends z.ZodObject = z.ZodObject> = Plugin<
  SourceSpec<O>,
  (parts: SourceParts) => Source
>;

/** Declare a source: its spec as plain data, and how to make it from checked options. */
export function defineSource<O extends z.ZodObject>(
  spec: Omit<SourceSpec<O>, 'kind' | 'apiVersion'>,
  create: (options: z.output<O>, parts: SourceParts) => Source,
): SourcePlugin<O> {
  const full: SourceSpec<O> = { ...spec, kind: 'source', apiVersion: API_VERSION };
  return define(full, (options) => (parts: SourceParts) => create(options, parts));
}
