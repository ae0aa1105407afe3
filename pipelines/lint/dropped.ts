import { z } from 'zod';
import type { RunFile } from '../../data/schemas/run-file.js';

const schema = z
  .array(z.object({ cache: z.string(), stream_id: z.number(), step: z.number(), message: z.string() }))
  .catch([]);

/** A cache that failed and was left out: `stream_id` and `step` are the first step that has no rows of it. */
export type Dropped = z.output<typeof schema>[number];

/** Caches that a run dropped, as run.json says; empty where it dropped none. */
export function droppedCaches({ execution }: Pick<RunFile, 'execution'>): readonly Dropped[] {
  return schema.parse(execution.dropped_caches ?? []);
}

/** Which caches have no rows of a step any more. */
export interface Gone {
  /** Of steps.parquet, whose steps are asked for in the order in which they were done. */
  next(stream: number, step: number): ReadonlySet<string>;
  /** Of a table that has not every step, once all of steps.parquet was seen. */
  at(stream: number, step: number): ReadonlySet<string>;
}

/** A cache is gone from the step on in which it failed, in all streams; only steps.parquet says where others were by then. */
export function goneCaches(dropped: readonly Dropped[]): Gone {
  const gone = new Set<string>();
  const last = new Map<string, number>(); // cache/stream: the last step that must have rows
  return {
    next(stream, step) {
      for (const { cache, stream_id, step: first } of dropped) {
        if (stream === stream_id && step >= first) gone.add(cache);
        if (!gone.has(cache)) last.set(`${cache}/${stream}`, step);
      }
      return gone;
    },
    at(stream, step) {
      const left = dropped.filter(({ cache }) => step > (last.get(`${cache}/${stream}`) ?? -1));
      return new Set(left.map(({ cache }) => cache));
    },
  };
}
