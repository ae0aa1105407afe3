import { rm } from 'node:fs/promises';
import { lastValueFrom, tap, type Observable } from 'rxjs';
import type { Logger } from 'pino';
import { openLog, type LogLevel } from '../data/log.js';
import type { RunFile } from '../data/schemas/run-file.js';
import { openJournal, type Journal } from '../data/sinks/journal.js';
import { sealTrace, type Sealed } from '../data/sinks/seal.js';
import { createTrace, refuseExisting, writeRunFile } from '../data/sinks/trace-folder.js';
import { Failure } from '../src/core/failure.js';
import { Ledger } from '../src/core/ledger.js';
import { randomStream } from '../src/core/random.js';
import type { Clock, Run } from '../src/core/run.js';
import type { TraceSink } from '../src/core/trace.js';
import { SharedArena } from '../workers/arena.js';
import { chooseKernel } from '../workers/choose-kernel.js';
import { TILINGS, type KernelName } from '../workers/kernels/kernel.js';
import { createPool } from '../workers/pool.js';
import { createBank } from './cache-bank.js';
import { decode, replay } from './decode.js';
import { conserved, describeEnd, describeRun, type Counters } from './describe-run.js';
import { loadWeights } from './load-weights.js';
import { shapeOf, type ResolvedRun } from './resolve.js';
import { takeSteps } from './steps.js';
import type { ProjectionWeights } from '../src/core/weights.js';

/** Told after each step. */
export interface Progress {
  readonly done: number;
  /** Bytes that all caches hold. */
  readonly bytes: number;
}

/** How and where a run is carried out: nothing here changes a value in the trace. */
export interface Execution {
  /** Folder of the trace; must not exist. */
  readonly dir: string;
  readonly threads: number;
  /** The fastest that works unless one is asked for. */
  readonly kernel?: KernelName | 'auto';
  /** Ends the run after the step in work; what was done is sealed. */
  readonly signal: AbortSignal;
  readonly logLevel: LogLevel;
  onStep(progress: Progress): void;
  /** Every step is done: from here on the signal changes nothing. */
  onSealing?(): void;
  /** Makes the worker pool; `createPool` unless a test wants threads that die. */
  readonly pool?: typeof createPool;
}

/**
 * Carry out a run and leave a sealed trace in `dir`; an aborted run is sealed as `interrupted`.
 *
 * On a failure nothing is sealed: the rows that were acknowledged stay in the journal and run.json says
 * `failed`; without any row the folder is removed.
 *
 * @throws Failure, or whatever went wrong
 */
export async function executeRun(resolved: ResolvedRun, execution: Execution): Promise<Sealed> {
  const { config, source } = resolved;
  const { dir, threads, signal } = execution;
  await refuseExisting(dir);
  const weights = source.kind === 'tokens' ? await loadWeights(config) : [];
  const arena = SharedArena.create('f32');
  const kernel = await chooseKernel(execution.kernel ?? 'auto');
  const pool = (execution.pool ?? createPool)({ arena, threads, kernel, small: TILINGS[kernel.name].work });
  try {
    const trace = await openTrace(resolved, execution, pool.kernel);
    const ledger = new Ledger(config.memory ?? Infinity);
    const run = assembleRun(resolved, { arena, pool, ledger, clock: trace.clock, sink: logging(trace) });
    reportRestarts(run, trace, config.trace.timings);
    const counters: Counters = { read: 0, processed: 0 };
    try {
      const flow = startFlow(run, resolved, { counters, signal, weights });
      const done = () => execution.onStep({ done: ++counters.processed, bytes: ledger.used() });
      await lastValueFrom(flow.pipe(tap(done)), { defaultValue: null });
      await trace.journal.close();
    } catch (error) {
      throw await leaveFailed(dir, trace, counters, error);
    }
    const end = describeEnd(counters, signal.aborted, ledger, config.trace.timings);
    execution.onSealing?.();
    const sealed = await sealTrace(dir, end);
    trace.log.info({ counters: sealed.run.counters }, `run ${sealed.run.status}`);
    trace.closeLog();
    return sealed;
  } finally {
    await pool.close();
  }
}

interface OpenTrace {
  readonly started: RunFile;
  readonly journal: Journal;
  readonly log: Logger;
  readonly clock: Clock;
  closeLog(): void;
}

async function openTrace(
  resolved: ResolvedRun,
  { dir, threads, logLevel }: Execution,
  kernel: string,
): Promise<OpenTrace> {
  const { config } = resolved;
  const origin = process.hrtime.bigint();
  const clock: Clock = { now: () => Number(process.hrtime.bigint() - origin) };
  const started = await createTrace(dir, describeRun(resolved, { threads }, kernel));
  try {
    const { log, close } = openLog(dir, logLevel);
    const journal = await openJournal(dir, { d: config.model.d, order: config.model.order, clock });
    log.info({ run_id: started.run_id, config }, 'run started');
    return { started, journal, log, clock, closeLog: close };
  } catch (error) {
    await rm(dir, { recursive: true, force: true }); // a folder that never held a row must not block its name
    throw error;
  }
}

function assembleRun(
  { config, caches }: ResolvedRun,
  given: Pick<Run, 'arena' | 'pool' | 'ledger' | 'clock' | 'sink'>,
): Run {
  const random: Run['random'] = (...labels) => randomStream(config.seed, ...labels);
  const parts = { ...given, shape: shapeOf(config), seed: config.seed, random };
  return { ...parts, caches: createBank(parts, caches) };
}

function startFlow(
  run: Run,
  { config, source }: ResolvedRun,
  {
    counters,
    signal,
    weights,
  }: { counters: Counters; signal: AbortSignal; weights: readonly ProjectionWeights[] },
): Observable<unknown> {
  const limits = { prompt: config.prompt, tokens: config.tokens, signal, onRead: () => counters.read++ };
  const options = {
    ...config.trace,
    reference: config.reference,
    recall: config.recall,
    sparsity: config.sparsity,
  };
  return source.kind === 'tokens'
    ? decode(run, takeSteps(source.open(), limits), { ...options, rotary: config.model.rotary, weights })
    : replay(run, takeSteps(source.open(), limits), options);
}

/** The journal, with every event also in the log. */
function logging({ journal, log }: OpenTrace): TraceSink {
  return {
    write(batch) {
      for (const { kind, message, ...at } of batch.events ?? []) log.warn({ kind, ...at }, message);
      return journal.write(batch);
    },
  };
}

/** A thread that died is a row of the events table: the run goes on. */
function reportRestarts({ pool, clock, sink }: Run, { log }: OpenTrace, timings: boolean): void {
  pool.onEvent = (event) => {
    const row = { t_ns: timings ? clock.now() : null, ...event, stream_id: null, step: null };
    sink.write({ events: [row] }).catch((error: unknown) => log.error({ err: error }, 'event not written'));
  };
}

/** Keep what was acknowledged, and say so; returns the error to throw. */
async function leaveFailed(
  dir: string,
  { journal, log, closeLog, started }: OpenTrace,
  counters: Counters,
  error: unknown,
): Promise<unknown> {
  log.error({ err: error }, 'run failed');
  await journal.close().catch((cause: unknown) => log.error({ err: cause }, 'journal not closed'));
  closeLog();
  const rows = Object.values(journal.acknowledged()).reduce((sum, count) => sum + count, 0);
  if (rows === 0) {
    await rm(dir, { recursive: true, force: true });
    return error;
  }
  const message = error instanceof Error ? error.message : String(error);
  const failed = { ...started.counters, ...conserved(counters) };
  await writeRunFile(dir, { ...started, status: 'failed', error: message, counters: failed }).catch(
    () => undefined, // the failure itself matters more
  );
  if (!(error instanceof Failure)) return error;
  const kept = `${rows} rows that were done are kept: kronflow seal ${dir}`;
  return new Failure(error.code, error.what, error.hint ? `${error.hint}\n  hint: ${kept}` : kept, {
    cause: error,
  });
}
