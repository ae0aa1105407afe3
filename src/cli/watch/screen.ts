import type { WatchedRun } from '../../live/watched-run.js';
import { dashboard } from './dashboard.js';
import type { ProgressBar } from './progress.js';

const EVERY_MS = 250;
const SHARE = 0.01; // of the run's time may go into drawing
const ENTER = '\u001b[?1049h\u001b[?25l'; // the other screen, without a cursor
const LEAVE = '\u001b[?25h\u001b[?1049l';

/** Why there can be no screen; null: there can. */
export function whyNoScreen(
  stream: { readonly isTTY?: boolean } = process.stderr,
  env: Readonly<Record<string, string | undefined>> = process.env,
): string | null {
  if (stream.isTTY !== true) return 'standard error is no terminal';
  return env.TERM === 'dumb' ? 'TERM is dumb: this terminal cannot move its cursor' : null;
}

/**
 * Show a run on the terminal's other screen, on stderr, a few times a second and at once when the window changes. `stop`
 * gives the terminal back as it was, and so does the end of the process, whatever ends it.
 */
export function openScreen(run: WatchedRun, url: string | null): ProgressBar {
  const { stderr } = process;
  const colour = !process.env.NO_COLOR;
  let due = 0;
  const draw = () => {
    const start = performance.now();
    const lines = dashboard(run, { width: stderr.columns || 80, height: stderr.rows || 24, colour, url });
    stderr.write(`\u001b[H${lines.map((line) => `${line}\u001b[K`).join('\r\n')}\u001b[J`);
    const cost = performance.now() - start;
    due = start + Math.max(EVERY_MS, cost / SHARE);
  };
  const onResize = () => {
    stderr.write('\u001b[2J');
    draw();
  };
  const leave = () => stderr.write(LEAVE);
  stderr.write(ENTER);
  process.once('exit', leave);
  stderr.on('resize', onResize);
  const ticking = setInterval(() => performance.now() >= due && draw(), EVERY_MS); // also while a step takes long
  draw();
  return {
    onStep: () => performance.now() >= due && draw(),
    stop() {
      clearInterval(ticking);
      stderr.off('resize', onResize);
      process.off('exit', leave);
      leave();
    },
  };
}
