import type { IndexStream } from '../../src/bounds/index-output.js';
import type { LabelledCache } from '../cache-bank.js';
import type { Recovery } from './score.js';

/** What is played. */
export interface IndexGame {
  readonly streams: IndexStream;
  /** n ≥ 2: the stream has N = n free rows with four caches, N = n² with two. */
  readonly n: number;
  /** Dimension, 1 to 256, or a multiple of ln N. */
  readonly d: { readonly exactly: number } | { readonly perLn: number };
  readonly caches: readonly LabelledCache[];
  readonly seed: number;
  /** Bits per number that is sent; null: as few as lose nothing. */
  readonly bits: number | null;
  /** Rows decoded, a sample; null: all. */
  readonly indices: number | null;
}

/** How one cache did. Shares are per bit of the sender, N·d of them. */
export interface IndexScore extends Recovery {
  readonly cache: string;
  readonly d: number;
  /** Rows decoded. */
  readonly rows_decoded: number;
  /** S: bits the receiver needed beyond what both sides know. */
  readonly message_bits: number;
  readonly message_share: number;
  /** Everything the cache keeps, keys included: resident and metadata bytes, as measured. */
  readonly kept_bits: number;
  readonly kept_share: number;
  /** The Fano diagonal, min(1, S/(N·d)), and the error it allows. */
  readonly most_information: number;
  readonly least_error: number;
  /** Whether more was recovered than the message can hold, beyond sampling noise: then something is wrong. */
  readonly above_diagonal: boolean;
}

/** The game's instance, and how each cache did. */
export interface IndexGameResult {
  readonly streams: IndexStream;
  readonly n: number;
  /** N: free value rows. */
  readonly rows: number;
  readonly d: number;
  readonly seed: number;
  /** C = 2·ln N. */
  readonly query_norm: number;
  /** Largest |<κ_i, κ_a>|. */
  readonly eps: number;
  /** Smallest weight w_i of the asked row, and the share of rows that decode for every x, in exact attention. */
  readonly least_weight: number;
  readonly guaranteed: number;
  readonly scores: readonly IndexScore[];
  /** An exact cache at d = ln N, where the game cannot be won. */
  readonly control: IndexScore;
}
