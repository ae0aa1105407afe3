import { createHash } from 'node:crypto';
import { cpus } from 'node:os';
import type { RunEnd } from '../data/sinks/seal.js';
import type { RunStart } from '../data/schemas/run-file.js';
import type { Ledger } from '../src/core/ledger.js';
import type { DroppedCache } from '../src/core/run.js';
import type { Threading } from '../src/core/pool.js';
import { VERSION } from '../src/core/version.js';
import type { Config } from './config.js';
import type { ResolvedRun } from './resolve.js';
import type { ProjectionCost } from './store-weights.js';

/** Law L3: read = processed + refused, in steps. */
export interface Counters {
  read: number;
  processed: number;
}

/**
 * What run.json says when a run starts. Its id is a hash of the configuration and the inputs: the same run has
 * the same id everywhere. Without timings nothing in it depends on the moment or on the number of threads.
 */
export function describeRun(
  { config, inputs }: ResolvedRun,
  execution: {
    readonly threads: number;
    readonly threading?: Threading | undefined;
    readonly projection?: ProjectionCost | null | undefined;
  },
  kernel: string,
): RunStart {
  const { d, heads, layers, order, scale } = config.model;
  return {
    run_id: sha256(JSON.stringify(identityOf(config, inputs))).slice(0, 16),
    config,
    inputs: [...inputs],
    seeds: { seed: config.seed },
    dtype: 'f32',
    ...{ d, heads, layers, order, scale },
    ...provenanceOf(inputs[0] ?? {}),
    versions: {
      kronflow: VERSION,
      node: process.versions.node,
      v8: process.versions.v8,
      cpu: cpus()[0]?.model ?? null,
    },
    kernel,
    threading: config.trace.timings ? describeThreading(execution) : null,
    execution: {
      threads: execution.threads,
      platform: `${process.platform}-${process.arch}`,
      ...(execution.projection ? { projection: execution.projection } : {}),
    },
    started_at: config.trace.timings ? new Date().toISOString() : null,
  };
}

/** Null where there is nobody to share with. */
function describeThreading({ threads, threading }: Parameters<typeof describeRun>[1]): RunStart['threading'] {
  if (threads === 1 || threading === undefined) return null;
  return { alone_multiply_adds: threading.alone, asleep_multiply_adds: threading.asleep };
}

/** What a recording says of its side 2; null where it says nothing, and for every other source. */
function provenanceOf(input: ResolvedRun['inputs'][number]): Pick<RunStart, 'k2_bias' | 'v2_bias' | 'lift'> {
  const { k2_bias = null, v2_bias = null, lift = null } = input;
  return {
    k2_bias: k2_bias as number | null,
    v2_bias: v2_bias as number | null,
    lift: lift as string | null,
  };
}

/** What run.json says when a run ended by itself or by Ctrl-C. */
export function describeEnd(
  counters: Counters,
  aborted: boolean,
  ledger: Ledger,
  timings: boolean,
  drops: readonly DroppedCache[],
): RunEnd {
  return {
    status: aborted ? 'interrupted' : 'complete',
    counters: conserved(counters),
    execution: { ledger_bytes: ledger.totals(), ...describeDrops(drops) },
    finished_at: timings ? new Date().toISOString() : null,
  };
}

/** Caches that failed and were left out from some step on; nothing where there are none. */
export function describeDrops(drops: readonly DroppedCache[]): Readonly<Record<string, unknown>> {
  if (drops.length === 0) return {};
  const rows = drops.map(({ cache, streamId, step, message }) => ({
    cache,
    stream_id: streamId,
    step,
    message,
  }));
  return { dropped_caches: rows };
}

/** Counters with what was read but not processed. */
export function conserved({ read, processed }: Counters): {
  read: number;
  processed: number;
  refused: number;
} {
  return { read, processed, refused: read - processed };
}

/** Configuration and inputs; a file whose sha256 is known is that, under whatever path it was found. */
function identityOf(
  { source, model, operators, sinks, onError, ...rest }: Config,
  inputs: ResolvedRun['inputs'],
): unknown {
  const nameless = (input: object) => ('sha256' in input && input.sha256 !== null ? { path: null } : {});
  const [read, weights = {}] = inputs.map(nameless);
  const options = { ...source.options, ...read };
  return [
    {
      ...rest,
      caches: rest.caches.map(withoutCalibration),
      // only where they are used: runs that were there before them keep their ids
      ...(operators.length > 0 ? { operators } : {}),
      ...(sinks.length > 0 ? { sinks } : {}),
      ...(onError === 'stop' ? {} : { onError }),
      source: { ...source, options },
      model: 'path' in weights ? { ...model, weights: null } : model,
    },
    inputs.map((input) => ({ ...input, ...nameless(input) })),
  ];
}

/** What was measured is in the allocation; where the recording lay is not part of the run. */
function withoutCalibration(cache: Config['caches'][number]): unknown {
  const { allocation, ...rest } = cache;
  if (allocation === undefined) return cache;
  const { calibration: _, ...shared } = allocation;
  return { ...rest, allocation: shared };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
