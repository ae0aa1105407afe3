import type { Amount } from './amount.js';
import type { BoundsInput } from './input.js';

/** Something a statement needs. */
export interface Condition {
  readonly text: string;
  /** Whether it holds at these parameters; null where numbers cannot say. */
  readonly holds: boolean | null;
}

/** A further quantity worth seeing beside the two. */
export interface Beside extends Amount {
  readonly what: string;
}

/** A theorem as the paper states it and as it can be proved, evaluated; Ω and O are read with constant 1. */
export interface Statement {
  readonly name: string;
  readonly paper: { readonly title: string; readonly section: string; readonly url: string };
  /** What is counted. */
  readonly about: string;
  /** What the paper says; null where it gives no number. */
  readonly claimed: Amount | null;
  readonly corrected: Amount;
  readonly beside: readonly Beside[];
  readonly conditions: readonly Condition[];
  /** Two sentences: what is wrong with the paper's version, or that nothing is. */
  readonly wrong: string;
}

/** A theorem as a pure function of its parameters. */
export type Bound = (input: BoundsInput) => Statement;

/** Where a statement stands in the paper on tensor decoding (TKV in math.md). */
export function tensorCachePaper(section: string): Statement['paper'] {
  return {
    title: 'Time and Memory Trade-off of KV-Cache Compression in Tensor Transformer Decoding',
    section,
    url: 'https://arxiv.org/abs/2503.11108',
  };
}
