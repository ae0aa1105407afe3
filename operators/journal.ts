import { concatMap, type OperatorFunction } from 'rxjs';
import type { HasRows } from '../src/core/event.js';
import type { Run } from '../src/core/run.js';
import type { TraceBatch } from '../src/core/trace.js';

/**
 * Write all rows of a step at once, through all its layers, and wait until the sink is ready for more: a crash
 * leaves whole steps, and this wait sets the pace of the pipeline (law L7).
 */
export function journal<T extends HasRows>({ sink }: Pick<Run, 'sink'>): OperatorFunction<T, T> {
  return concatMap(async (event) => {
    await sink.write(joined(event.rows));
    return event;
  });
}

function joined(batches: readonly TraceBatch[]): TraceBatch {
  if (batches.length === 1) return batches[0];
  const tables = new Set(batches.flatMap((batch) => Object.keys(batch) as (keyof TraceBatch)[]));
  const all = (table: keyof TraceBatch) => batches.flatMap((batch): readonly object[] => batch[table] ?? []);
  return Object.fromEntries([...tables].map((table) => [table, all(table)]));
}
