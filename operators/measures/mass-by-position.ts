import { concatMap } from 'rxjs';
import { z } from 'zod';
import { defineOperator, type EventAt } from '../../src/core/operator.js';
import type { Rows } from '../../src/core/memory.js';
import type { Reference, Run } from '../../src/core/run.js';
import type { MeasureRow } from '../../src/core/trace.js';
import { exactRequest } from '../exact-requests.js';
import { positionBins } from './bins.js';

const options = z.object({
  bins: z.int().positive().max(4096).default(32).describe('bins over all positions so far'),
  every: z.int().positive().default(16).describe('look at every so many steps: each costs two exact answers'),
});

/**
 * How much of the exact softmax falls on tokens, by their position: the marginals of both sides, Σ_b p_ab and Σ_a p_ab,
 * summed over bins of positions. Rows `mass-side1` and `mass-side2`; those of a side sum to 1. Sums run in float64; each
 * token's logarithm is kept as the memory keeps numbers, in float32. Of prompts, and without a reference, nothing.
 */
export const massByPosition = defineOperator(
  {
    name: 'mass-by-position',
    summary: 'how much of the exact softmax falls on each part of the stream, side by side',
    paper: null,
    options,
    after: 'compare',
    needsReference: true,
  },
  ({ bins, every }, run) =>
    concatMap(async (event) => {
      if (event.exact === null || event.prefill || event.step % every !== 0) return event;
      return { ...event, rows: [...event.rows, { measures: await measure(run, event, bins) }] };
    }),
);

async function measure(run: Run, event: EventAt<'compare'>, bins: number): Promise<readonly MeasureRow[]> {
  const references = run.caches.reference(event.streamId, event.layer);
  const requests = references.map((held) => exactRequest(run, event, held, true));
  const answers = await run.pool.attend(requests);
  return references.flatMap((held, i) =>
    rowsOf(event, held, answers[i].lse, run.shape.order === 'matrix' ? 1 : 2, bins),
  );
}

function rowsOf(
  { streamId: stream_id, layer, step }: EventAt<'compare'>,
  { head, mass }: Reference,
  lse: number,
  sides: number,
  bins: number,
): MeasureRow[] {
  return mass.slice(0, sides).flatMap((logs, side) =>
    positionBins(logs.count, bins).map(({ from, to, x }) => ({
      ...{ stream_id, layer, head, cache: null, step, name: `mass-side${side + 1}`, x },
      value: share(logs, from, to, lse),
    })),
  );
}

/** Σ e^(ln mass − lse) over rows [from, to). */
function share(logs: Rows, from: number, to: number, lse: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += Math.exp(logs.read(i)[0] - lse);
  return sum;
}
