import { openJournal } from '../../data/sinks/journal.js';
import { sealTrace } from '../../data/sinks/seal.js';
import { createTrace } from '../../data/sinks/trace-folder.js';
import type { OutputRow, StepRow } from '../../src/core/trace.js';
import { describeRun } from '../describe-run.js';
import { resolveRun, type RunRequest } from '../resolve.js';
import { smallRun } from './small-run.js';

/** Rows of a run that can be changed before they are written. */
export interface Rows {
  steps: StepRow[];
  outputs: OutputRow[];
}

/** Leave the sealed trace of a run in `dir`, with its rows as `change` made them. */
export async function writtenTrace(
  dir: string,
  request: RunRequest,
  change: (rows: Rows) => void = () => undefined,
  counters: (steps: number) => {
    readonly read: number;
    readonly processed: number;
    readonly refused: number;
  } = (steps) => ({ read: steps, processed: steps, refused: 0 }),
): Promise<void> {
  const resolved = await resolveRun(request, nothing());
  const { d, order } = resolved.config.model;
  await createTrace(dir, describeRun(resolved, { threads: 1 }, 'reference'));
  const journal = await openJournal(dir, { d, order, clock: { now: () => 0 } });
  const { steps, outputs, processed } = await smallRun(request);
  const rows = { steps: [...steps], outputs: [...outputs] };
  change(rows);
  await journal.write({ steps: rows.steps });
  await journal.write({ outputs: rows.outputs });
  await journal.close();
  await sealTrace(dir, { status: 'complete', counters: counters(processed) });
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
