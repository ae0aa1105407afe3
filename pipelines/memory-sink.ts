import type { EventRow, OutputRow, StepRow, TraceBatch, TraceSink } from '../src/core/trace.js';

/** A sink that keeps rows in memory, for short runs that a program looks at itself. */
export interface MemorySink extends TraceSink {
  readonly steps: readonly StepRow[];
  readonly outputs: readonly OutputRow[];
  readonly events: readonly EventRow[];
}

/** Keep every row: the arrays grow while the run goes on. For long runs write a trace instead. */
export function memorySink(): MemorySink {
  const [steps, outputs, events]: [StepRow[], OutputRow[], EventRow[]] = [[], [], []];
  return {
    ...{ steps, outputs, events },
    write(batch: TraceBatch) {
      // no push(...rows): a batch may be longer than a call may have arguments
      for (const row of batch.steps ?? []) steps.push(row);
      for (const row of batch.outputs ?? []) outputs.push(row);
      for (const row of batch.events ?? []) events.push(row);
      return Promise.resolve();
    },
  };
}
