import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { crc32 } from 'node:zlib';
import { openLog } from '../data/log.js';
import type { RunFile } from '../data/schemas/run-file.js';
import { tableNames } from '../data/schemas/tables.js';
import { COMMITS, continueJournal, JOURNAL, JOURNAL_START, WRITER } from '../data/sinks/journal.js';
import { lockTrace } from '../data/sinks/lock-trace.js';
import { recoverJournal, type Cut } from '../data/sinks/recover.js';
import { sealTrace, type Sealed } from '../data/sinks/seal.js';
import { checkSnapshot, snapshotsIn, type SoundSnapshot } from '../data/sinks/snapshot-file.js';
import { readRunFile, sha256Json, writeRunFile } from '../data/sinks/trace-folder.js';
import { refuseLiveWriter, type WriterMark } from '../data/sinks/writer-mark.js';
import { Failure } from '../src/core/failure.js';
import { VERSION } from '../src/core/version.js';
import { KERNELS, type KernelName } from '../workers/kernels/kernel.js';
import { carryOut, type OpenTrace } from './carry-out.js';
import { configSchema } from './config.js';
import { clockFrom, withMachine } from './execute.js';
import type { Execution } from './execution.js';
import { refuseUnsaved } from './plugins/guests.js';
import { resolveRun, type ResolvedRun } from './resolve.js';

/** How a resumed run is carried out. Its kernel is that of the run: another one may round differently. */
export type ResumeExecution = Omit<Execution, 'kernel'> & {
  /** Told before the first step: what the run goes on from, and what its journal had lost. */
  onStart?(start: ResumeStart): void;
};

/** Where a resumed run starts. */
export interface ResumeStart {
  /** Steps that need not be done again. */
  readonly steps: number;
  /** Steps to come and done; null when the source cannot tell. */
  readonly total: number | null;
  /** Damage in the journal; the rows concerned are made again. What a kill leaves is no damage. */
  readonly damage: readonly Cut[];
}

/** What resuming came to. */
export interface Resumed extends Sealed {
  /** Nothing was computed: only the seal was missing, or not even that. */
  readonly onlySealed: boolean;
}

/**
 * Go on with a run that was killed or that failed, from its latest sound snapshot, and seal the trace. Rows beyond the
 * snapshot are dropped and made again, so the trace is that of a run nobody stopped, in every column but the measured times
 * (law L6). Without a snapshot the run starts over.
 *
 * @throws Failure `bad-trace` for a trace that is written by another process, was sealed before its end, or is of another
 *   version; `bad-input` naming a file that is not what the run read
 */
export async function resumeRun(execution: ResumeExecution): Promise<Resumed> {
  const { dir } = execution;
  const run = await readRunFile(dir);
  await refuseLiveWriter(join(dir, JOURNAL, WRITER));
  if (run.sealed || (await isOnlyUnsealed(dir, run))) {
    refuseSealedEarly(dir, run);
    return { ...(await sealTrace(dir)), onlySealed: true };
  }
  const resolved = await resolveAgain(dir, run);
  refuseUnsaved(resolved, `resume ${dir}`, `run again; or keep what is there: kronflow seal ${dir}`);
  const kernel = kernelOf(dir, run);
  return withMachine(resolved, { ...execution, kernel }, async (machine, label) => {
    if (label !== run.kernel) throw otherKernel(dir, run, label);
    const trace = await reopenTrace(resolved, execution, await lockTrace(dir));
    return { ...(await carryOut(resolved, execution, machine, trace)), onlySealed: false };
  });
}

/** Every step was done and is there: the process died while it sealed. */
async function isOnlyUnsealed(dir: string, { status }: RunFile): Promise<boolean> {
  if (status !== 'complete') return false;
  const recovered = await recoverJournal(dir).catch(() => null);
  return recovered !== null && recovered.closed && recovered.cuts.length === 0;
}

function refuseSealedEarly(dir: string, { sealed, status }: RunFile): void {
  if (!sealed || status === 'complete') return;
  throw new Failure(
    'bad-trace',
    `${dir} was sealed as ${status}: its journal, and with it the state of the run, is gone`,
    'run again; a run that was killed can be resumed as long as nobody seals it',
  );
}

/** The run as run.json tells it, with everything it read where it was and as it was. */
async function resolveAgain(dir: string, run: RunFile): Promise<ResolvedRun> {
  const config = configSchema.safeParse(run.config);
  if (!config.success || sha256Json(run.config) !== run.config_sha256) {
    throw new Failure('bad-trace', `${dir}/run.json: its config was changed`, 'restore it, or run again');
  }
  if (run.versions.kronflow !== VERSION) {
    const what = `${dir} was begun by kronflow ${run.versions.kronflow}, this is ${VERSION}`;
    throw new Failure('bad-trace', what, `use that version, or keep what is there: kronflow seal ${dir}`);
  }
  const unseen = run.inputs.find(({ path, sha256 }) => path !== undefined && sha256 === null);
  if (unseen !== undefined) {
    const what = `${dir}: the run read ${String(unseen.path) === '-' ? 'standard input' : String(unseen.path)}, which cannot be read again`;
    throw new Failure('bad-input', what, `keep what is there: kronflow seal ${dir}`);
  }
  const resolved = await resolveRun(config.data, nothing());
  run.inputs.forEach((before, i) => refuseChanged(dir, before, resolved.inputs[i]));
  return resolved;
}

function refuseChanged(dir: string, before: RunFile['inputs'][number], now: object | undefined): void {
  if (isDeepStrictEqual(before, JSON.parse(JSON.stringify(now ?? null)))) return;
  const name = typeof before.path === 'string' ? before.path : 'the source';
  const [was, is] = [before, now ?? {}].map((input) =>
    String((input as { sha256?: unknown }).sha256).slice(0, 12),
  );
  const what = was === is ? 'its description differs' : `sha256 ${is}… is not ${was}…`;
  throw new Failure(
    'bad-input',
    `${name} was changed since ${dir} was begun: ${what}`,
    `restore it, or keep what is there: kronflow seal ${dir}`,
  );
}

function kernelOf(dir: string, run: RunFile): KernelName {
  const name = KERNELS.find((kernel) => run.kernel === kernel || run.kernel.startsWith(`${kernel} `));
  if (name === undefined) throw otherKernel(dir, run, 'none of that name');
  return name;
}

function otherKernel(dir: string, run: RunFile, label: string): Failure {
  return new Failure(
    'bad-trace',
    `${dir} was begun with the kernel ${run.kernel}, this machine has ${label}: it may round differently`,
    `resume it where it was begun, or keep what is there: kronflow seal ${dir}`,
  );
}

/** Choose the snapshot and cut the journal back to it. The trace is ours: `lock`. */
async function reopenTrace(
  { config, steps: total }: ResolvedRun,
  { dir, threads, logLevel, onStart }: ResumeExecution,
  lock: WriterMark,
): Promise<OpenTrace> {
  try {
    const { snapshot, damage } = await chooseSnapshot(dir);
    const steps = snapshot?.head.steps ?? 0;
    const started = await writeRestart(dir, steps, threads);
    const { log, close } = openLog(dir, logLevel);
    log.info({ run_id: started.run_id, steps, damage }, 'run resumed');
    onStart?.({ steps, total, damage });
    const clock = clockFrom(snapshot?.head.clock ?? 0);
    const options = { d: config.model.d, order: config.model.order, clock };
    const journal = await continueJournal(dir, options, lock, snapshot?.head.journal ?? JOURNAL_START);
    return { started, journal, log, clock, closeLog: close, from: snapshot, isNew: false };
  } catch (error) {
    await lock.remove();
    throw error;
  }
}

/**
 * The latest snapshot that is whole and whose rows are all sound. The others are removed: once the journal has grown
 * again, nothing would tell that they belong to another one.
 */
async function chooseSnapshot(
  dir: string,
): Promise<{ readonly snapshot: SoundSnapshot | null; readonly damage: readonly Cut[] }> {
  const recovered = await recoverJournal(dir).catch(() => ({ flushes: 0, cuts: [] })); // without commits no row is known to be sound
  const commits = await readFile(join(dir, JOURNAL, COMMITS)).catch(() => Buffer.alloc(0));
  let chosen: SoundSnapshot | null = null;
  for (const { path } of await snapshotsIn(dir)) {
    const found: SoundSnapshot | null = chosen === null ? await checkSnapshot(path) : null;
    const { flushes, commitBytes, commitCrc } = found?.head.journal ?? JOURNAL_START;
    const isSound =
      flushes <= recovered.flushes &&
      commitBytes <= commits.length &&
      crc32(commits.subarray(0, commitBytes)) === commitCrc;
    if (found !== null && isSound) chosen = found;
    else if (chosen === null) await rm(path);
  }
  const damage = recovered.cuts.filter(({ reason }) => reason !== 'torn-commit' && reason !== 'uncommitted');
  return { snapshot: chosen, damage };
}

/** run.json of a run that is going on again; files that an earlier seal began are no longer those of this run. */
async function writeRestart(dir: string, steps: number, threads: number): Promise<RunFile> {
  const run = await readRunFile(dir);
  if (run.sealed) throw new Failure('bad-trace', `${dir} was sealed a moment ago`, `kronflow inspect ${dir}`);
  const before = Array.isArray(run.execution.resumed_at) ? (run.execution.resumed_at as unknown[]) : [];
  const { dropped_caches: _, ...kept } = run.execution;
  const counters = { read: null, processed: null, refused: null, rows: {} };
  const started: RunFile = {
    ...{ ...run, status: 'running', error: null, finished_at: null, cuts: [], counters },
    // a cache that was dropped after the snapshot may do better this time; one before it, the snapshot knows
    execution: { ...kept, threads, resumed_at: [...before, steps] },
  };
  for (const table of tableNames) await rm(join(dir, `${table}.parquet`), { force: true });
  await writeRunFile(dir, started);
  return started;
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
