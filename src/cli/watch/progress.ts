import { SingleBar } from 'cli-progress';
import type { Progress } from '../../../pipelines/execute.js';
import { formatBytes } from '../../core/format.js';
import { formatDuration, timeLeft } from './time-left.js';

/** A progress bar on stderr; silent when stderr is no terminal. */
export interface ProgressBar {
  onStep(progress: Progress): void;
  stop(): void;
}

const FORMAT = '{value} tokens | {speed} tokens/s | {bytes} in use, reference included';

/** Show tokens done, tokens per second, bytes held and, when `total` is known, the time left. */
export function progressBar(total: number | null): ProgressBar {
  if (!process.stderr.isTTY) return { onStep: () => {}, stop: () => {} };
  const bar = new SingleBar({
    format:
      total === null
        ? `  ${FORMAT}`
        : `  {bar} {percentage}% | ${FORMAT.replace('{value}', '{value}/{total}')} | {left}`,
    stream: process.stderr,
    hideCursor: true,
    clearOnComplete: true,
    barsize: 24,
  });
  const start = performance.now();
  const time = timeLeft();
  bar.start(total ?? 0, 0, { speed: '–', bytes: '0 B', left: '' });
  return {
    onStep({ done, bytes }) {
      const elapsed = performance.now() - start;
      time.note(done, elapsed);
      const left = total === null ? null : time.estimate(total);
      if (total === null) bar.setTotal(done);
      bar.update(done, {
        speed: ((1000 * done) / elapsed).toFixed(1),
        bytes: formatBytes(bytes),
        left: left === null ? 'ETA –' : `ETA ${formatDuration(left)}`,
      });
    },
    stop: () => bar.stop(),
  };
}
