import { map } from 'rxjs';
import { z } from 'zod';
import { defineOperator, type EventAt } from '../../src/core/operator.js';
import type { HeldCache, Run } from '../../src/core/run.js';
import type { MeasureRow } from '../../src/core/trace.js';
import { positionBins } from './bins.js';

const options = z.object({
  bins: z.int().positive().max(4096).default(32).describe('bins over all positions so far'),
  every: z.int().positive().default(16).describe('look at every so many steps'),
});

/**
 * Which tokens caches keep, by their position: rows `kept-side1` and `kept-side2` per cache, the share of the tokens of a bin
 * that it holds unchanged. Only of caches that select tokens (`positions`); the others have no such thing.
 */
export const keptAtoms = defineOperator(
  {
    name: 'kept-atoms',
    summary: 'which part of the stream each cache that selects tokens keeps, side by side',
    paper: null,
    options,
    after: 'account',
  },
  ({ bins, every }, run) =>
    map((event) => {
      if (event.step % every !== 0) return event;
      const measures = event.updates.flatMap(({ held }) => rowsOf(run, event, held, bins));
      return { ...event, rows: [...event.rows, { measures }] };
    }),
);

function rowsOf(run: Run, event: EventAt<'account'>, held: HeldCache, bins: number): readonly MeasureRow[] {
  const { streamId: stream_id, layer, step } = event;
  const key = { stream_id, layer, head: held.head, cache: held.label, step };
  const sides = run.shape.order === 'matrix' ? 1 : 2;
  return positionsOf(run, event, held)
    .slice(0, sides)
    .flatMap((positions, side) => {
      const kept = new Set(positions);
      return positionBins(held.appended, bins).map(({ from, to, x }): MeasureRow => {
        let count = 0;
        for (let i = from; i < to; i++) if (kept.has(i)) count++;
        return { ...key, name: `kept-side${side + 1}`, x, value: count / (to - from) };
      });
    });
}

/** Positions of both sides; none of a cache that does not select. */
function positionsOf(run: Run, event: EventAt<'account'>, held: HeldCache): readonly (readonly number[])[] {
  try {
    const positions = held.cache.positions?.();
    return positions === undefined ? [] : [positions.side1, positions.side2];
  } catch (error) {
    run.caches.failed(held, event, 'positions', error); // of the cache, not of this operator
    return [];
  }
}
