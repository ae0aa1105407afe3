import type { RecordingRow } from '../../src/core/trace.js';
import type { ColumnsOf } from './column.js';

/** Columns of a recording. In matrix order the file has no k2 and v2; in tensor order they are never null. */
export const recordingColumns = {
  stream_id: { type: 'INT32', unit: 'id', doc: 'stream, 0-based', nullable: false },
  pos: { type: 'INT32', unit: 'token', doc: 'position in the stream, never decreasing', nullable: false },
  token_id: {
    type: 'INT32',
    unit: 'id',
    doc: 'vocabulary id; null when the stream has none',
    nullable: true,
  },
  t_ns: {
    type: 'DOUBLE',
    unit: 'ns',
    doc: 'when the step came, since any moment; null when nobody wrote it down',
    nullable: true,
  },
  layer: { type: 'INT32', unit: 'id', doc: 'layer, 0-based', nullable: false },
  head: { type: 'INT32', unit: 'id', doc: 'head, 0-based', nullable: false },
  q: { type: 'VECTOR', unit: '1', doc: 'query, (d)', nullable: false },
  k1: { type: 'VECTOR', unit: '1', doc: 'key of side 1, (d)', nullable: false },
  k2: { type: 'VECTOR', unit: '1', doc: 'key of side 2, (d)', nullable: true },
  v1: { type: 'VECTOR', unit: '1', doc: 'value of side 1, (d)', nullable: false },
  v2: { type: 'VECTOR', unit: '1', doc: 'value of side 2, (d)', nullable: true },
} as const satisfies ColumnsOf<RecordingRow>;
