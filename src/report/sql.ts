import type { Context } from './plot.js';

/** Most points of one line. */
export const MOST_POINTS = 200;

/** SQL that is true for the first step of each of at most `points` bins of equal width on a log axis of n = step + 1. */
export function logSampled({ steps }: Context, points = MOST_POINTS): string | null {
  if (steps <= points) return null;
  const bins = (points / Math.log(steps)).toFixed(3);
  return `(step = 0 or floor(${bins} * ln(step + 1)) > floor(${bins} * ln(step)))`;
}

/** SQL for the last n of the bin of `step` on a log axis, at most `points` of them. */
export function logBin({ steps }: Context, points: number): string {
  const bins = (points / Math.log(Math.max(3, steps))).toFixed(3);
  return `floor(${bins} * ln(step + 1))`;
}

/** Steps that become one point of a line. */
export function binWidth({ steps }: Context, points = MOST_POINTS): number {
  return Math.max(1, Math.ceil(steps / points));
}

/** What a bin of steps is, for people. */
export function binText(context: Context, points = MOST_POINTS): string | null {
  const width = binWidth(context, points);
  return width === 1 ? null : `Each point takes ${width} steps together.`;
}
