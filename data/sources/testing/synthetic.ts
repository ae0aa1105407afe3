import type { RecordedStep } from '../../../src/core/event.js';
import type { EntrySource } from '../../../src/core/source.js';
import { clusteredSource } from '../clustered.js';
import { gaussianSource } from '../gaussian.js';
import { needleSource } from '../needle.js';
import { sphereSource } from '../sphere.js';
import { collect, inChunks } from './bytes.js';

const SOURCES = {
  gaussian: gaussianSource,
  sphere: sphereSource,
  clustered: clusteredSource,
  needle: needleSource,
};
/** A synthetic source by name. */
export type Kind = keyof typeof SOURCES;
/** Options that all of them have. */
export type Options = Parameters<typeof gaussianSource>[0];
/** All synthetic sources. */
export const KINDS = Object.keys(SOURCES) as Kind[];

/** Make a source by name, with seed 7 unless told otherwise. */
export function make(kind: Kind, options: Options & Record<string, unknown> = {}, seed = 7): EntrySource {
  const create = SOURCES[kind] as typeof gaussianSource;
  return create(options)({ seed, stdin: inChunks(new Uint8Array(0)) }) as EntrySource;
}
/** All its steps. */
export const draw = (...parameters: Parameters<typeof make>): Promise<RecordedStep[]> =>
  collect(make(...parameters).open());

/** A column of vectors. */
export type Column = 'q' | 'k1' | 'k2' | 'v1' | 'v2';
/** One column of one head, (d) per step. */
export function head(
  steps: readonly RecordedStep[],
  column: Column,
  { layer = 0, head = 0, d }: { layer?: number; head?: number; d: number },
) {
  return steps.map((step) => step.layers[layer][column]!.subarray(head * d, (head + 1) * d));
}

/** Scores of one query against all pairs (matrix order: all rows), at scale 1. */
export function scores(
  q: ArrayLike<number>,
  k1: readonly ArrayLike<number>[],
  k2: readonly ArrayLike<number>[] | null,
): number[] {
  const dot = (a: ArrayLike<number>, b: ArrayLike<number> | null) => {
    let sum = 0;
    for (let t = 0; t < q.length; t++) sum += q[t] * a[t] * (b === null ? 1 : b[t]);
    return sum;
  };
  return k1.flatMap((a) => (k2 ?? [null]).map((b) => dot(a, b)));
}

/** Arithmetic mean. */
export function mean(xs: readonly number[]): number {
  return xs.reduce((sum, x) => sum + x, 0) / xs.length;
}

/** Population variance. */
export function variance(xs: readonly number[]): number {
  const centre = mean(xs);
  return mean(xs.map((x) => (x - centre) ** 2));
}
