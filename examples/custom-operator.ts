// An operator of your own: one more number per cache and step, in the table `measures` of the trace.
//   npx kronflow run -c window:size=64 --operator ./dist/examples/custom-operator.js#normRatio
import { map } from 'rxjs';
import { z } from 'zod';
import { defineOperator } from 'kronflow';

/** ‖ô‖ / ‖o‖ of every answer: a cache that forgets averages fewer values, so its outputs tend to be too long. */
export const normRatio = defineOperator(
  {
    name: 'norm-ratio',
    summary: 'length of each output against that of the exact one',
    after: 'compare', // here answers and exact answers are known
    paper: null,
    options: z.object({ every: z.int().min(1).default(1).describe('steps between measurements') }),
  },
  ({ every }) =>
    map((event) => {
      const { answers, exact, streamId: stream_id, layer, step } = event;
      if (answers === null || exact === null || step % every !== 0) return event; // prompts ask no query
      const measures = event.updates.map(({ held: { head, label: cache } }, i) => {
        const value = Math.hypot(...answers[i].output) / Math.hypot(...exact[head].output);
        return { stream_id, layer, head, cache, step, name: 'norm_ratio', x: null, value };
      });
      return { ...event, rows: [...event.rows, { measures }] };
    }),
);
