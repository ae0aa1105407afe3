import type { Order } from '../../src/core/shape.js';
import type { TraceBatch } from '../../src/core/trace.js';
import type { Columns } from './column.js';
import { eventColumns } from './events.js';
import { measureColumns } from './measures.js';
import { outputColumns } from './outputs.js';
import { recordingColumns } from './recording.js';
import { stepColumns } from './steps.js';

/** Version of the trace format: run.json and the metadata of every Parquet file carry it. */
export const SCHEMA_VERSION = 1;

/** A table of a trace. Its journal is `journal/<name>.arrows`, its sealed file `<name>.parquet`. */
export type TableName = keyof TraceBatch;

/** All tables, in the order they are written and sealed. */
export const tableNames: readonly TableName[] = ['steps', 'outputs', 'events', 'recording', 'measures'];

/** The columns a table has in a run of this order: a recording in matrix order has neither k2 nor v2. */
export function tableColumns(table: TableName, order: Order): Columns {
  if (table === 'steps') return stepColumns;
  if (table === 'outputs') return outputColumns;
  if (table === 'events') return eventColumns;
  if (table === 'measures') return measureColumns;
  const { k2, v2, ...matrix } = recordingColumns;
  if (order === 'matrix') return matrix;
  return { ...recordingColumns, k2: { ...k2, nullable: false }, v2: { ...v2, nullable: false } };
}
