import { SingleBar } from 'cli-progress';
import type { Progress } from '../../pipelines/execute.js';
import { formatBytes } from '../core/format.js';

/** A progress bar on stderr; silent when stderr is no terminal. */
export interface ProgressBar {
  onStep(progress: Progress): void;
  stop(): void;
}

/** Show tokens done, tokens per second, bytes held and, when `total` is known, the time left. */
export function progressBar(total: number | null): ProgressBar {
  if (!process.stderr.isTTY) return { onStep: () => {}, stop: () => {} };
  const known = total !== null;
  const bar = new SingleBar({
    format: known
      ? '  {bar} {percentage}% | {value}/{total} tokens | {speed} tokens/s | {bytes} | ETA {eta_formatted}'
      : '  {value} tokens | {speed} tokens/s | {bytes}',
    stream: process.stderr,
    hideCursor: true,
    clearOnComplete: true,
    barsize: 24,
  });
  const start = performance.now();
  bar.start(total ?? 0, 0, { speed: '–', bytes: '0 B' });
  return {
    onStep({ done, bytes }) {
      const speed = ((1000 * done) / (performance.now() - start)).toFixed(1);
      if (!known) bar.setTotal(done);
      bar.update(done, { speed, bytes: formatBytes(bytes) });
    },
    stop: () => bar.stop(),
  };
}
