import type { EventRow } from '../../src/core/trace.js';
import type { ColumnsOf } from './column.js';

/** Columns of events.parquet: what happened outside the steady flow. */
export const eventColumns = {
  t_ns: { type: 'DOUBLE', unit: 'ns', doc: 'when it happened, since the run started', nullable: true },
  kind: { type: 'UTF8', unit: 'name', doc: 'what happened, kebab case', nullable: false },
  stream_id: { type: 'INT32', unit: 'id', doc: 'stream; null when it concerns the run', nullable: true },
  step: { type: 'INT32', unit: 'step', doc: 'step; null when it concerns none', nullable: true },
  message: { type: 'UTF8', unit: 'text', doc: 'for people', nullable: false },
} as const satisfies ColumnsOf<EventRow>;
