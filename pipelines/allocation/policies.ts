import { Failure } from '../../src/core/failure.js';

/** What a policy may look at. */
export interface PolicyInput {
  readonly layers: number;
  readonly heads: number;
  /** How steep it falls from the first layer to the last: see `pyramid`. */
  readonly beta: number;
  /** Tokens that attention is spread over, by layer and head; null where nobody measured. */
  readonly spread: readonly (readonly number[])[] | null;
}

/** How a byte budget is shared among layers and heads. */
export interface Policy {
  readonly summary: string;
  readonly paper: { readonly title: string; readonly section: string; readonly url: string } | null;
  /** Whether it needs a recording to measure on. */
  readonly measures: boolean;
  /** In proportion to what bytes are shared, by layer and head; above 0. */
  weights(input: PolicyInput): readonly (readonly number[])[];
}

/** β of PyramidKV, as its authors' program has it. */
export const DEFAULT_BETA = 20;

/** All policies. A new one is one more entry here. */
export const POLICIES = {
  /** The same for everyone. */
  uniform: {
    summary: 'every layer and head the same',
    paper: null,
    measures: false,
    weights: ({ layers, heads }) => grid(layers, heads, () => 1),
  },
  /**
   * Falling along a line from the first layer to the last; heads of a layer get the same. The line goes over the depth of the
   * model from 2 − 1/β of the mean to 1/β of it, and a layer gets what the line has in the middle of its part of the depth: the
   * shares of any number of layers sum to the whole, and of two layers the last keeps a quarter, not 1/40. The paper sets last =
   * total/(β·m) and first = 2·total/m − last for m layers and lowers each by (first − last)/m, with which all together get more
   * than the total; for its 32 layers this differs by half such a step. The window of latest tokens that it keeps apart from
   * the budget is a matter of the cache.
   */
  pyramid: {
    summary: 'falling evenly from the first layer to the last',
    paper: {
      title: 'PyramidKV: Dynamic KV Cache Compression based on Pyramidal Information Funneling',
      section: 'KV cache size allocation',
      url: 'https://arxiv.org/abs/2406.02069',
    },
    measures: false,
    weights: ({ layers, heads, beta }) => {
      const fall = (2 - 2 / beta) / layers;
      return grid(layers, heads, (layer) => 2 - 1 / beta - (layer + 0.5) * fall);
    },
  },
  /** In proportion to the tokens that exact attention of each head was spread over: `measureSpread`. */
  spread: {
    summary: 'in proportion to the tokens that the attention of each head is spread over',
    paper: null,
    measures: true,
    weights: ({ spread }) => {
      if (spread === null) throw new RangeError('spread has not been measured');
      return spread;
    },
  },
} as const satisfies Record<string, Policy>;

/** Name of a policy. */
export type PolicyName = keyof typeof POLICIES;

/** Names of all policies. */
export const POLICY_NAMES = Object.keys(POLICIES) as [PolicyName, ...PolicyName[]];

/** What a policy is told besides the bytes. */
export interface PolicyOptions {
  readonly policy: PolicyName;
  readonly beta?: number | undefined;
  readonly calibration?: string | undefined;
}

/** @throws Failure `bad-option` for what a policy needs and was not told, or was told and does not know */
export function checkPolicy({ policy, beta, calibration }: PolicyOptions): void {
  const refuse = (what: string, hint: string) => {
    throw new Failure('bad-option', `allocation ${policy}: ${what}`, hint);
  };
  const { measures } = POLICIES[policy];
  if (measures && calibration === undefined)
    refuse('calibration is missing: it is measured on a recording', 'name one that `kronflow record` made');
  if (!measures && calibration !== undefined)
    refuse(`calibration = ${calibration}: it measures nothing`, 'leave it out, or take spread');
  if (policy !== 'pyramid' && beta !== undefined)
    refuse(`beta = ${beta}: only pyramid has one`, 'leave it out, or take pyramid');
}

function grid(layers: number, heads: number, of: (layer: number) => number): readonly (readonly number[])[] {
  return Array.from({ length: layers }, (_, layer) => Array.from({ length: heads }, () => of(layer)));
}
