import { executeRun } from '../../pipelines/execute.js';
import { resolveRun, type RunRequest } from '../../pipelines/resolve.js';
import { EXIT } from './exit-codes.js';
import { nextTraceFolder } from './output-folder.js';
import { progressBar } from './progress.js';
import type { RunFlags } from './run-flags.js';

type How = Pick<RunFlags, 'output' | 'threads' | 'kernel' | 'logLevel'>;

/**
 * Run what is asked for and leave a sealed trace, with a bar while it goes; the first Ctrl-C ends the stream early, a
 * second one stops at once. Returns the folder of the trace.
 */
export async function runToTrace(
  request: RunRequest,
  { output, threads, kernel, logLevel }: How,
): Promise<string> {
  const resolved = await resolveRun(request, process.stdin);
  const dir = output ?? (await nextTraceFolder());
  const bar = progressBar(resolved.steps);
  const interrupt = new AbortController();
  let work = 'stopping after this token';
  const onSealing = () => (work = 'every token is done, sealing the trace');
  const onSignal = () => {
    if (interrupt.signal.aborted) process.exit(EXIT.interrupted); // asked twice: stop here, `seal` can finish
    process.stderr.write(`\n${work}; press Ctrl-C again to stop at once\n`);
    interrupt.abort();
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  try {
    const how = { dir, threads, kernel, logLevel, signal: interrupt.signal };
    const { run } = await executeRun(resolved, { ...how, onStep: bar.onStep, onSealing });
    if (run.status === 'interrupted') process.exitCode = EXIT.interrupted;
  } finally {
    bar.stop();
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    process.stdin.destroy(); // an interrupted run may still be waiting for it
  }
  return dir;
}
