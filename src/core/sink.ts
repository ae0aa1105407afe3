import type { z } from 'zod';
import { API_VERSION, define, type Plugin, type Spec } from './plugin.js';
import type { TraceSink } from './trace.js';

/** What a sink may use besides its options. */
export interface SinkParts {
  /** Folder of the trace. */
  readonly dir: string;
  /** The run, fully resolved, as in run.json. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Steps that were written before: 0, or where a resumed run goes on. Rows from there on may come a second time. */
  readonly from: number;
}

/** Takes rows beside the journal, a step at a time, each awaited: a slow one slows the run (law L7). */
export interface RunSink extends TraceSink {
  /** Called once at the end, also of a run that failed. */
  close(): Promise<void>;
}

/** A sink's own description; help and tables are made from it. */
export interface SinkSpec<O extends z.ZodObject = z.ZodObject> extends Spec<O> {
  readonly kind: 'sink';
}

/** A sink as users name it: options first, parts when the run starts. */
export type SinkPlugin<O extends z.ZodObject = z.ZodObject> = Plugin<
  SinkSpec<O>,
  (parts: SinkParts) => Promise<RunSink>
>;

/** Declare a sink: its spec as plain data, and how to open it from checked options. */
export function defineSink<O extends z.ZodObject>(
  spec: Omit<SinkSpec<O>, 'kind' | 'apiVersion'>,
  open: (options: z.output<O>, parts: SinkParts) => Promise<RunSink>,
): SinkPlugin<O> {
  const full: SinkSpec<O> = { ...spec, kind: 'sink', apiVersion: API_VERSION };
  return define(full, (options) => (parts: SinkParts) => open(options, parts));
}
