import { executeRun } from '../../pipelines/execute.js';
import { resolveRun, type ResolvedRun, type RunRequest } from '../../pipelines/resolve.js';
import { EXIT } from './exit-codes.js';
import { nextTraceFolder } from './output-folder.js';
import { stoppable } from './stoppable.js';
import type { RunFlags } from './run-flags.js';
import type { WatchFlags } from './watch/watch-flags.js';
import { whileWatched } from './watch/watching.js';

type How = Pick<
  RunFlags,
  'output' | 'threads' | 'kernel' | 'logLevel' | 'snapshotEvery' | 'speed' | keyof WatchFlags
>;

/** Tells a run to stop, and is told when that comes too late. */
export interface Interrupt {
  readonly signal: AbortSignal;
  onSealing(): void;
}

/** Run what is asked for and leave a sealed trace, as `leaveTrace` does. */
export async function runToTrace(request: RunRequest, how: How): Promise<string> {
  return leaveTrace(await resolveRun(request, process.stdin), how);
}

/**
 * Carry out a run and leave a sealed trace, with a bar while it goes; the first Ctrl-C ends the stream early, a second one
 * stops at once. Returns the folder of the trace.
 */
export async function leaveTrace(
  resolved: ResolvedRun,
  { output, threads, kernel, logLevel, snapshotEvery, speed = 'max', ...watch }: How,
): Promise<string> {
  const dir = output ?? (await nextTraceFolder());
  const { config, steps: total } = resolved;
  const how = { dir, threads, kernel, logLevel, snapshotEvery, speed };
  await interruptible((interrupt) =>
    whileWatched(watch, { dir, config }, interrupt.onSealing, ({ onStart, ...hooks }) => {
      onStart(total, 0);
      return executeRun(resolved, { ...how, ...interrupt, ...hooks });
    }),
  );
  return dir;
}

/** Let Ctrl-C end a run after the step in work, and the exit code tell of it. */
export async function interruptible<T extends { readonly run: { readonly status: string } }>(
  work: (interrupt: Interrupt) => Promise<T>,
): Promise<T> {
  let doing = 'stopping after this token';
  const onSealing = () => (doing = 'every token is done, sealing the trace'); // `seal` can finish what a second one stops
  try {
    const result = await stoppable(
      () => doing,
      (signal) => work({ signal, onSealing }),
    );
    if (result.run.status === 'interrupted') process.exitCode = EXIT.interrupted;
    return result;
  } finally {
    process.stdin.destroy(); // an interrupted run may still be waiting for it
  }
}
