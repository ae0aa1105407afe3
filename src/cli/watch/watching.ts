import type { Config } from '../../../pipelines/config.js';
import type { Progress } from '../../../pipelines/execute.js';
import type { TraceBatch } from '../../core/trace.js';
import { WatchedRun, type RunStatus } from '../../live/watched-run.js';
import { progressBar, type ProgressBar } from './progress.js';
import { openScreen, whyNoScreen } from './screen.js';
import { timeLeft } from './time-left.js';
import type { WatchFlags } from './watch-flags.js';

/** The run that is shown. */
export interface Shown {
  readonly dir: string;
  readonly config: {
    readonly model: Pick<Config['model'], 'd' | 'heads' | 'layers' | 'order'>;
    readonly caches: Config['caches'];
  };
}

/** What a run is given so that it can be seen. */
export interface Hooks {
  /** The first step comes now: how many there will be, null when the source cannot tell, and how many were done before. */
  readonly onStart: (total: number | null, before: number) => void;
  readonly onStep: (progress: Progress) => void;
  /** Absent when nobody asked to see rows: then they cost nothing. */
  readonly onRows?: (rows: TraceBatch) => void;
  readonly onSealing: () => void;
}

interface Watching {
  readonly hooks: Hooks;
  /** Give the terminal back. */
  stop(): void;
  /** Tell those who watch how it ended. Returns at once: the process lives until they know. */
  end(status: RunStatus, error?: unknown): void;
}

/**
 * Show a run as the flags say while `work` does it: a bar, or a screen, and a page if asked for. Without --watch and --tui
 * there is only the bar, and nobody looks at rows.
 * @throws Failure when the page cannot be served, and whatever the run throws
 */
export async function whileWatched<T extends { readonly run: { readonly status: RunStatus } }>(
  flags: WatchFlags,
  shown: Shown,
  onSealing: () => void,
  work: (hooks: Hooks) => Promise<T>,
): Promise<T> {
  const { hooks, stop, end } = await startWatching(flags, shown);
  const sealing = () => [onSealing, hooks.onSealing].forEach((tell) => tell());
  try {
    const result = await work({ ...hooks, onSealing: sealing });
    stop();
    end(result.run.status);
    return result;
  } catch (error) {
    stop();
    end('failed', error);
    throw error;
  }
}

async function startWatching({ watch, watchPort, tui }: WatchFlags, shown: Shown): Promise<Watching> {
  const whyNot = tui === true ? whyNoScreen() : null;
  if (whyNot !== null) process.stderr.write(`--tui: ${whyNot}; running without\n`);
  const hasScreen = tui === true && whyNot === null;
  const run = watch === true || hasScreen ? watchedRun(shown) : null;
  const page = watch === true ? await openPage(run!, watchPort) : null;
  let display: ProgressBar | null = null;
  const hooks: Hooks = {
    onStart(total, before) {
      run?.start(total, before);
      display = hasScreen ? openScreen(run!, page?.url ?? null) : progressBar(total);
    },
    onStep(progress) {
      run?.onStep(progress);
      display?.onStep(progress);
    },
    ...(run === null ? {} : { onRows: run.onRows }),
    onSealing: () => run?.seal(),
  };
  return {
    hooks,
    stop: () => display?.stop(),
    end(status, error) {
      run?.end(status, error === undefined ? null : error instanceof Error ? error.message : String(error));
      page?.end();
    },
  };
}

function watchedRun({ dir, config }: Shown): WatchedRun {
  const { d, heads, layers, order } = config.model;
  const caches = config.caches.map(({ name, label = name, options = {} }) => ({ name, label, options }));
  const time = timeLeft();
  return new WatchedRun(
    { dir, order, d, heads, layers, caches },
    {
      now: () => performance.now(),
      left(done, elapsed, total) {
        time.note(done, elapsed);
        return time.estimate(total);
      },
    },
  );
}

/** The page and everything it needs are loaded only for a run that is watched. */
async function openPage(run: WatchedRun, port: number | undefined) {
  const { watch } = await import('../../live/watch.js');
  const stop = new AbortController();
  const metricsToken = process.env.KRONFLOW_METRICS_TOKEN;
  const page = await watch(run, { port, metricsToken, attended: process.stderr.isTTY, signal: stop.signal });
  process.stderr.write(`watch: ${page.url}\n  (opens once; metrics for a scraper: ${page.metricsUrl})\n`);
  return {
    url: page.url,
    end() {
      const onSignal = () => stop.abort();
      process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
      page
        .end(() => process.stderr.write(`the page waits a minute, or until Ctrl-C: ${page.url}\n`))
        .catch((error: unknown) => process.stderr.write(`watch: ${String(error)}\n`))
        .finally(() => process.off('SIGINT', onSignal).off('SIGTERM', onSignal));
    },
  };
}
