import type { RunFile } from '../../../data/schemas/run-file.js';
import { readTable, type TableBatch } from '../../../data/sinks/read-table.js';

/** What a row of steps says about time and bytes, whole nanoseconds; null where nothing was measured. */
export interface TimedRow {
  readonly stream: number;
  readonly layer: number;
  readonly head: number;
  readonly cache: string;
  readonly step: number;
  readonly prefill: boolean;
  readonly held: number;
  readonly t: number | null;
  readonly update: number | null;
  readonly plan: number | null;
  readonly queue: number | null;
  readonly attend: number | null;
}

const COLUMNS = ['stream_id', 'layer', 'head', 'cache', 'step', 'prefill', 'resident_bytes', 'metadata_bytes', 't_ns', 'update_ns', 'plan_ns', 'queue_ns', 'attend_ns'] as const; // prettier-ignore

/**
 * The rows of a sealed trace, those of one token and layer together: they were made at one moment, from all caches and
 * heads.
 * @throws Failure `bad-trace`
 */
export async function* timedLayers(dir: string, run: RunFile): AsyncGenerator<readonly TimedRow[]> {
  let rows: TimedRow[] = [];
  for await (const batch of readTable(dir, run, 'steps', COLUMNS)) {
    for (let i = 0; i < batch.rows; i++) {
      const row = timedRow(batch, i);
      const [first] = rows;
      if (rows.length > 0 && !isSameLayer(first, row)) {
        yield rows;
        rows = [];
      }
      rows.push(row);
    }
  }
  if (rows.length > 0) yield rows;
}

/** Whether two rows are of one token. */
export function isSameToken(a: TimedRow, b: TimedRow): boolean {
  return a.stream === b.stream && a.step === b.step;
}

function isSameLayer(a: TimedRow, b: TimedRow): boolean {
  return isSameToken(a, b) && a.layer === b.layer;
}

function timedRow({ columns }: TableBatch, i: number): TimedRow {
  const of = (name: (typeof COLUMNS)[number]) =>
    columns[name].valid?.[i] === 0 ? null : Math.round(columns[name].values[i] as number);
  return {
    ...{ stream: of('stream_id')!, layer: of('layer')!, head: of('head')!, step: of('step')! },
    ...{ cache: columns.cache.values[i] as string, prefill: of('prefill') === 1 },
    held: of('resident_bytes')! + of('metadata_bytes')!,
    ...{
      t: of('t_ns'),
      update: of('update_ns'),
      plan: of('plan_ns'),
      queue: of('queue_ns'),
      attend: of('attend_ns'),
    },
  };
}
