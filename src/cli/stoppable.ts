import { EXIT } from './exit-codes.js';

/**
 * Let the first Ctrl-C (or SIGTERM) ask `work` to stop, and `says` tell what comes of it; a second one ends the process at once.
 */
export async function stoppable<T>(
  says: () => string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  const onSignal = () => {
    if (stop.signal.aborted) process.exit(EXIT.interrupted);
    process.stderr.write(`\n${says()}; press Ctrl-C again to stop at once\n`);
    stop.abort();
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  try {
    return await work(stop.signal);
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  }
}
