import type { OutputRow } from '../../src/core/trace.js';
import type { ColumnsOf } from './column.js';

/** Columns of outputs.parquet: the key of steps.parquet and one vector. */
export const outputColumns = {
  stream_id: { type: 'INT32', unit: 'id', doc: 'stream, 0-based', nullable: false },
  layer: { type: 'INT32', unit: 'id', doc: 'layer, 0-based', nullable: false },
  head: { type: 'INT32', unit: 'id', doc: 'head, 0-based', nullable: false },
  cache: { type: 'UTF8', unit: 'name', doc: 'label of the cache, unique in a run', nullable: false },
  step: { type: 'INT32', unit: 'step', doc: 'index of the step in its stream, 0-based', nullable: false },
  output: { type: 'VECTOR', unit: '1', doc: 'attention output, (d)', nullable: false },
} as const satisfies ColumnsOf<OutputRow>;
