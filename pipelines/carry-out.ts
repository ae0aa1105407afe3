import { rm } from 'node:fs/promises';
import { lastValueFrom, tap, type Observable } from 'rxjs';
import type { Logger } from 'pino';
import type { RunFile } from '../data/schemas/run-file.js';
import type { Journal } from '../data/sinks/journal.js';
import { sealTrace, type Sealed } from '../data/sinks/seal.js';
import { readSnapshot, type SoundSnapshot } from '../data/sinks/snapshot-file.js';
import { writeRunFile } from '../data/sinks/trace-folder.js';
import { Failure, isFailure } from '../src/core/failure.js';
import type { TokenEvent } from '../src/core/event.js';
import { Ledger } from '../src/core/ledger.js';
import type { LanguageModel } from '../src/core/language-model.js';
import type { MultiplyRows } from '../src/core/multiply-rows.js';
import { randomStream } from '../src/core/random.js';
import type { Clock, DroppedCache, Predictions, Run } from '../src/core/run.js';
import type { TraceSink } from '../src/core/trace.js';
import type { StoredProjection } from '../src/core/weights.js';
import type { AttentionPool } from '../src/core/pool.js';
import type { SharedArena } from '../workers/arena.js';
import { createBank, type SavedBank, type SavedInBank } from './cache-bank.js';
import { decode, replay } from './decode.js';
import { conserved, describeDrops, describeEnd, type Counters } from './describe-run.js';
import type { Execution } from './execution.js';
import { feedBack } from './feed-back.js';
import { savedPredictions, type SavedPrediction } from './saved-predictions.js';
import { shapeOf, type ResolvedRun } from './resolve.js';
import { withSnapshots } from './snapshots.js';
import { takeSteps } from './steps.js';
import { createGuests, isUnsaved, type Guests, type SavedOperator } from './plugins/guests.js';
import { sayInRunFile, withoutDroppedRows } from './plugins/dropped-rows.js';
import { paced } from './paced.js';

/** What computes, made before anything is written. */
export interface Machine {
  readonly arena: SharedArena;
  readonly pool: AttentionPool;
  readonly weights: readonly StoredProjection[];
  /** Whose layers the weights are; null without a language model. */
  readonly model?: LanguageModel | null;
  readonly multiply?: MultiplyRows | undefined;
}

/** The folder of a run that is being written. */
export interface OpenTrace {
  readonly started: RunFile;
  readonly journal: Journal;
  readonly log: Logger;
  readonly clock: Clock;
  /** What the run goes on from; null when it starts, or starts over. */
  readonly from: SoundSnapshot | null;
  /** The folder was made for this run: if no row is ever written, it goes. */
  readonly isNew: boolean;
  closeLog(): void;
}

/** Take the steps that are left, write their rows, and seal the trace. What `executeRun` promises of failures holds here. */
export async function carryOut(
  resolved: ResolvedRun,
  execution: Execution,
  machine: Machine,
  trace: OpenTrace,
): Promise<Sealed> {
  const { config } = resolved;
  const { dir, signal } = execution;
  const steps = trace.from?.head.steps ?? 0;
  const counters: Counters = { read: steps, processed: steps };
  const parts = assembleRun(resolved, execution, machine, trace);
  const { run, bank, guests } = parts;
  try {
    await guests.open(resolved, run, { dir, config, from: steps });
    if (trace.from !== null) await restore(parts, trace.from);
    if (bank.drops.all.length > 0) await sayInRunFile(dir, bank.drops.all);
    reportRestarts(run, trace, config.trace.timings);
    const flow = startFlow(run, resolved, { execution, counters, machine, trace, guests });
    const done = () => execution.onStep({ done: ++counters.processed, bytes: run.ledger.used() });
    await lastValueFrom(flow.pipe(tap(done)), { defaultValue: null });
    if (bank.drops.hasNew()) await run.sink.write({}); // one that failed after the last rows is an event too
    await guests.close();
    await trace.journal.close();
  } catch (error) {
    await guests.close().catch((cause: unknown) => trace.log.error({ err: cause }, 'sink not closed'));
    throw await leaveFailed(dir, trace, counters, error, bank.drops.all);
  }
  const end = describeEnd(counters, signal.aborted, run.ledger, config.trace.timings, bank.drops.all);
  execution.onSealing?.();
  const sealed = await sealTrace(dir, end);
  trace.log.info({ counters: sealed.run.counters }, `run ${sealed.run.status}`);
  trace.closeLog();
  return sealed;
}

/** A run, and what of it a snapshot holds. */
interface Assembled {
  readonly run: Run;
  readonly bank: SavedBank;
  readonly guests: Guests;
}

function assembleRun(
  { config, caches, operators }: ResolvedRun,
  { dir, snapshotEvery = 'auto', onSnapshot, onRows }: Execution,
  { arena, pool, multiply }: Machine,
  trace: OpenTrace,
): Assembled {
  const random: Run['random'] = (...labels) => randomStream(config.seed, ...labels);
  const { clock, log, journal } = trace;
  const ledger = new Ledger(config.memory ?? Infinity);
  const parts = { arena, pool, multiply, ledger, clock, shape: shapeOf(config), seed: config.seed, random };
  const bank = createBank(parts, caches, config.onError);
  const guests = createGuests();
  const predictions: Predictions = new Map();
  const from = trace.from?.head ?? null;
  const told = onSnapshot === undefined ? {} : { onSnapshot };
  // a text that goes on by itself is short: it is made anew, from its prompt
  const every = operators.some(isUnsaved) || config.generate !== undefined ? 0 : snapshotEvery;
  const pieces = function* () {
    yield* bank.save();
    yield* guests.save();
    yield* savedPredictions(predictions);
  };
  // sinks come before the snapshot: a run that goes on from it has told them everything up to there
  const teed: Journal = {
    ...journal,
    write: (batch) => journal.write(batch).then(() => guests.write(batch)),
  };
  const saving = withSnapshots({ dir, journal: teed, pieces, ledger, clock, log, every, from, ...told });
  const sink = logging(onRows === undefined ? saving : telling(saving, onRows), trace);
  const dropping = withoutDroppedRows(sink, bank, { clock, timings: config.trace.timings, dir });
  return { run: { ...parts, caches: bank, predictions, sink: dropping }, bank, guests };
}

/** Bring every cache, every operator, and the ledger, to where they were when the snapshot was taken. */
async function restore({ bank, guests, run }: Assembled, snapshot: SoundSnapshot): Promise<void> {
  for await (const piece of readSnapshot<SavedInBank | SavedOperator | SavedPrediction>(snapshot)) {
    if (piece.kind === 'operator') guests.restore(piece);
    else if (piece.kind === 'prediction') run.predictions?.set(piece.streamId, piece.logits);
    else bank.restore(piece);
  }
  run.ledger.resume(snapshot.head.ledger);
}

function startFlow(
  run: Run,
  { config, source, windows }: ResolvedRun,
  {
    execution: { signal, speed = 'max', onGenerated },
    counters,
    machine: { weights, model = null },
    trace: { from },
    guests,
  }: { execution: Execution; counters: Counters; machine: Machine; trace: OpenTrace; guests: Guests },
): Observable<unknown> {
  const { prompt, tokens, reference, recall, sparsity, drive, generate } = config;
  const limits = {
    prompt,
    tokens,
    signal,
    now: config.trace.recording && config.trace.timings ? run.clock.now : undefined,
    onRead: () => counters.read++,
    skip: new Map(from?.head.perStream),
  };
  const options = { ...config.trace, reference, recall, sparsity, operators: guests.operators() };
  const steps = <T extends TokenEvent>(opened: AsyncIterable<T>) => {
    const taken = takeSteps(opened, limits);
    return speed === 'max' ? taken : paced(taken, speed, signal);
  };
  if (source.kind === 'entries') return replay(run, steps(source.open()), options);
  const decoding = { ...options, drive, rotary: config.model.rotary, weights, model, windows };
  if (generate === undefined) return decode(run, steps(source.open()), decoding);
  const feedback = feedBack(
    source.open(),
    { count: generate.tokens!, previous: model?.shape.previous ?? 0 },
    onGenerated,
  );
  return decode(run, steps(feedback.tokens), {
    ...decoding,
    generate: { ...generate, chosen: feedback.chosen },
  });
}

/** The sink, with every event also in the log. */
function logging(sink: TraceSink, { log }: OpenTrace): TraceSink {
  return {
    write(batch) {
      for (const { kind, message, ...at } of batch.events ?? []) log.warn({ kind, ...at }, message);
      return sink.write(batch);
    },
  };
}

/** The sink, with somebody who is told of all rows. */
function telling(sink: TraceSink, onRows: NonNullable<Execution['onRows']>): TraceSink {
  return {
    write(batch) {
      onRows(batch);
      return sink.write(batch);
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
  { journal, log, closeLog, started, isNew }: OpenTrace,
  counters: Counters,
  error: unknown,
  drops: readonly DroppedCache[],
): Promise<unknown> {
  log.error({ err: error }, 'run failed');
  await journal.close().catch((cause: unknown) => log.error({ err: cause }, 'journal not closed'));
  closeLog();
  const rows = Object.values(journal.acknowledged()).reduce((sum, count) => sum + count, 0);
  if (rows === 0 && isNew) {
    await rm(dir, { recursive: true, force: true });
    return error;
  }
  const message = error instanceof Error ? error.message : String(error);
  const failed = { ...started.counters, ...conserved(counters) };
  const execution = { ...started.execution, ...describeDrops(drops) };
  await writeRunFile(dir, {
    ...started,
    status: 'failed',
    error: message,
    counters: failed,
    execution,
  }).catch(
    () => undefined, // the failure itself matters more
  );
  if (!isFailure(error)) return error;
  const kept = `${rows} rows that were done are kept: kronflow seal ${dir}`;
  return new Failure(error.code, error.what, error.hint ? `${error.hint}\n  hint: ${kept}` : kept, {
    cause: error,
  });
}
