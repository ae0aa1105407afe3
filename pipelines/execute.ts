import { rm } from 'node:fs/promises';
import { openLog } from '../data/log.js';
import { openJournal } from '../data/sinks/journal.js';
import type { Sealed } from '../data/sinks/seal.js';
import { createTrace, refuseExisting } from '../data/sinks/trace-folder.js';
import { readLanguageModel } from '../data/weights/language-model.js';
import type { LanguageModel } from '../src/core/language-model.js';
import type { Clock } from '../src/core/run.js';
import type { ProjectionWeights } from '../src/core/weights.js';
import { SharedArena } from '../workers/arena.js';
import { chooseKernel } from '../workers/choose-kernel.js';
import { multiplyOf } from '../workers/multiply.js';
import { openPool } from '../workers/open-pool.js';
import { carryOut, type Machine, type OpenTrace } from './carry-out.js';
import { describeRun } from './describe-run.js';
import type { Config } from './config.js';
import type { Execution } from './execution.js';
import { loadWeights } from './load-weights.js';
import { refuseUnsaved } from './plugins/guests.js';
import { shapeOf, type ResolvedRun } from './resolve.js';
import { projectionCost, storeWeights } from './store-weights.js';

export type { Execution, Progress } from './execution.js';

/**
 * Carry out a run and leave a sealed trace in `dir`; an aborted run is sealed as `interrupted`.
 *
 * On a failure nothing is sealed: the rows that were acknowledged stay in the journal and run.json says
 * `failed`; without any row the folder is removed.
 *
 * @throws Failure, or whatever went wrong
 */
export async function executeRun(resolved: ResolvedRun, execution: Execution): Promise<Sealed> {
  await refuseExisting(execution.dir);
  const { snapshotEvery = 'auto' } = execution;
  if (snapshotEvery !== 'auto' && snapshotEvery > 0) {
    refuseUnsaved(
      resolved,
      `snapshots every ${snapshotEvery} steps`,
      'leave out --snapshot-every: none are taken then',
    );
  }
  return withMachine(resolved, execution, async (machine) => {
    const trace = await openTrace(resolved, execution, machine);
    return carryOut(resolved, execution, machine, trace);
  });
}

/** Make what a run computes with, and take it down again whatever becomes of the work. */
export async function withMachine<T>(
  { config, source, language, memoryBytes }: ResolvedRun,
  execution: Pick<Execution, 'threads' | 'kernel' | 'pool'>,
  work: (machine: Machine, kernel: string) => Promise<T>,
): Promise<T> {
  const model = language === null ? null : await readLanguageModel(language.path);
  const weights =
    source.kind === 'tokens' ? storeWeights(await projections(config, model), shapeOf(config)) : [];
  const arena = SharedArena.create('f32', memoryBytes);
  const kernel = await chooseKernel(execution.kernel ?? 'auto', { memory: arena.memory });
  const make = execution.pool ?? openPool;
  const pool = await make({ arena, threads: execution.threads, kernel });
  try {
    return await work({ arena, pool, weights, model, multiply: multiplyOf(kernel.name) }, pool.kernel);
  } finally {
    await pool.close();
  }
}

async function projections(
  config: Config,
  model: LanguageModel | null,
): Promise<readonly ProjectionWeights[]> {
  return model === null ? loadWeights(config) : model.layers.map(({ projection }) => projection);
}

/** A clock that shows `start` nanoseconds now. */
export function clockFrom(start: number): Clock {
  const origin = process.hrtime.bigint();
  return { now: () => start + Number(process.hrtime.bigint() - origin) };
}

async function openTrace(
  resolved: ResolvedRun,
  { dir, threads, logLevel }: Execution,
  { pool, weights }: Machine,
): Promise<OpenTrace> {
  const { config } = resolved;
  const clock = clockFrom(0);
  const started = await createTrace(
    dir,
    describeRun(
      resolved,
      { threads, threading: pool.threading, projection: projectionCost(weights) },
      pool.kernel,
    ),
  );
  try {
    const { log, close } = openLog(dir, logLevel);
    const journal = await openJournal(dir, { d: config.model.d, order: config.model.order, clock });
    log.info({ run_id: started.run_id, config }, 'run started');
    return { started, journal, log, clock, closeLog: close, from: null, isNew: true };
  } catch (error) {
    await rm(dir, { recursive: true, force: true }); // a folder that never held a row must not block its name
    throw error;
  }
}
