export { macros, signature, type Macro } from './macros.js';
export {
  openTraces,
  type OpenOptions,
  type QueryColumn,
  type QueryResult,
  type StreamedQuery,
  type TraceDb,
} from './trace-db.js';
export type { OpenedTrace } from './opened-trace.js';
