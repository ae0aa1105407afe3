import type { MeasureRow } from '../../src/core/trace.js';
import type { ColumnsOf } from './column.js';

/** Columns of measures.parquet: what operators measured besides the columns of steps.parquet. */
export const measureColumns = {
  stream_id: { type: 'INT32', unit: 'id', doc: 'stream, 0-based', nullable: false },
  layer: { type: 'INT32', unit: 'id', doc: 'layer, 0-based; null: of the whole model', nullable: true },
  head: { type: 'INT32', unit: 'id', doc: 'head, 0-based; null: of the whole model', nullable: true },
  cache: {
    type: 'UTF8',
    unit: 'name',
    doc: 'label of the cache; null: of the exact attention',
    nullable: true,
  },
  step: { type: 'INT32', unit: 'step', doc: 'index of the step in its stream, 0-based', nullable: false },
  name: {
    type: 'UTF8',
    unit: 'name',
    doc: 'what was measured, kebab case; nll, of every run of a language model: −ln p(token of this step | tokens before it), in nats, none at the first step of a stream; likeliest: the token that it held for the likeliest instead, an id',
    nullable: false,
  },
  x: {
    type: 'DOUBLE',
    unit: '1',
    doc: 'place on the axis of this measure; null: it has none',
    nullable: true,
  },
  value: { type: 'DOUBLE', unit: '1', doc: 'what was measured', nullable: false },
} as const satisfies ColumnsOf<MeasureRow>;
