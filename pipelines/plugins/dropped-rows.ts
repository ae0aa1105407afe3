import { readRunFile, writeRunFile } from '../../data/sinks/trace-folder.js';
import type { Clock, DroppedCache } from '../../src/core/run.js';
import type { EventRow, TraceBatch, TraceSink } from '../../src/core/trace.js';
import type { SavedBank } from '../cache-bank.js';
import { describeDrops } from '../describe-run.js';

/** What a dropped cache leaves: an event, and a word in run.json. */
export interface DropParts {
  readonly dir: string;
  readonly clock: Clock;
  readonly timings: boolean;
}

/**
 * The sink, without rows of caches that were dropped: the step in which one failed has none of it, so that every cache has
 * all rows of a step or none. An event says so; run.json says so before those rows are written, for a run that is killed.
 */
export function withoutDroppedRows(sink: TraceSink, bank: SavedBank, parts: DropParts): TraceSink {
  return {
    async write(batch) {
      if (bank.drops.all.length === 0) return sink.write(batch);
      const drops = bank.drops.takeNew();
      if (drops.length > 0) {
        bank.releaseDropped();
        await sayInRunFile(parts.dir, bank.drops.all);
      }
      return sink.write(withDrops(batch, bank.dropped, drops, parts));
    },
  };
}

/** Write into run.json which caches have rows no longer. */
export async function sayInRunFile(dir: string, drops: readonly DroppedCache[]): Promise<void> {
  const run = await readRunFile(dir);
  await writeRunFile(dir, { ...run, execution: { ...run.execution, ...describeDrops(drops) } });
}

function withDrops(
  batch: TraceBatch,
  dropped: ReadonlySet<string>,
  drops: readonly DroppedCache[],
  { clock, timings }: DropParts,
): TraceBatch {
  const isKept = ({ cache }: { readonly cache: string | null }) => cache === null || !dropped.has(cache);
  const { steps, outputs, measures, events = [] } = batch;
  const said = drops.map(({ streamId: stream_id, step, message }): EventRow => ({
    ...{ t_ns: timings ? clock.now() : null, kind: 'cache-dropped', stream_id, step, message },
  }));
  return {
    ...batch,
    ...(steps === undefined ? {} : { steps: steps.filter(isKept) }),
    ...(outputs === undefined ? {} : { outputs: outputs.filter(isKept) }),
    ...(measures === undefined ? {} : { measures: measures.filter(isKept) }),
    ...(events.length + said.length === 0 ? {} : { events: [...events, ...said] }),
  };
}
