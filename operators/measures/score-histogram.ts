import { map } from 'rxjs';
import { z } from 'zod';
import { defineOperator } from '../../src/core/operator.js';
import type { MeasureRow } from '../../src/core/trace.js';
import { scoresOf } from '../sparsity.js';

const options = z.object({
  bins: z.int().positive().max(4096).default(32).describe('bins between the least and the largest score'),
  every: z.int().positive().default(16).describe('look at every so many steps: all n² scores are computed'),
});

/**
 * How the exact scores of a step are spread, float64: rows `score-share`, the share of all pairs (matrix order: tokens) whose
 * score lies in a bin, x its middle; `score-mean` and `score-std`, R, have no x. R is over all pairs, as in steps.parquet.
 */
export const scoreHistogram = defineOperator(
  {
    name: 'score-histogram',
    summary: 'how the exact scores of a step are spread: a histogram, their mean and R',
    paper: null,
    options,
    after: 'compare',
    needsReference: true,
  },
  ({ bins, every }, run) =>
    map((event) => {
      if (event.exact === null || event.prefill || event.step % every !== 0) return event;
      const { streamId: stream_id, layer, step } = event;
      const measures = run.caches.reference(stream_id, layer).flatMap((held) => {
        const key = { stream_id, layer, head: held.head, cache: null, step };
        return histogram(scoresOf(run, event, held), bins).map((measure): MeasureRow => ({
          ...key,
          ...measure,
        }));
      });
      return { ...event, rows: [...event.rows, { measures }] };
    }),
);

/** Share per bin, mean and standard deviation of `scores`. Equal scores make a single bin. */
export function histogram(
  scores: Float64Array,
  bins: number,
): readonly Pick<MeasureRow, 'name' | 'x' | 'value'>[] {
  let [least, most, sum] = [Infinity, -Infinity, 0];
  for (const score of scores) {
    least = Math.min(least, score);
    most = Math.max(most, score);
    sum += score;
  }
  const mean = sum / scores.length;
  const count = most > least ? bins : 1;
  const width = (most - least) / count;
  const shares = new Float64Array(count);
  let squares = 0;
  for (const score of scores) {
    shares[Math.min(count - 1, Math.floor((score - least) / width) || 0)] += 1 / scores.length;
    squares += (score - mean) ** 2;
  }
  return [
    ...Array.from(shares, (value, b) => ({ name: 'score-share', x: least + (b + 0.5) * width, value })),
    { name: 'score-mean', x: null, value: mean },
    { name: 'score-std', x: null, value: Math.sqrt(squares / scores.length) },
  ];
}
