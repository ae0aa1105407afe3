import { pageAssets } from './assets.js';
import { createFeed, type Feed } from './feed.js';
import { runMetrics } from './metrics.js';
import { startServer } from './server.js';
import { tellerOf } from './teller.js';
import type { WatchedRun } from './watched-run.js';

const EVERY_MS = 400;
const SHARE = 0.01; // of the run's time may go into telling: what is left of 2 % is for folding and sending
const MOST_MS = 5000; // a page that stands still for longer looks dead
const FINAL_MS = 5000; // for a client to take the end
const FIRST_VISIT_MS = 60_000; // for a person to open the page of a run that was over sooner

/** What a user may say of it. */
export interface WatchOptions {
  /** Any free one unless said. */
  readonly port?: number | undefined;
  /** For a scraper that is configured before the run; random unless said. */
  readonly metricsToken?: string | undefined;
  /** A person waits at the terminal: worth waiting for a first visit. */
  readonly attended: boolean;
  /** Ends that wait. */
  readonly signal: AbortSignal;
}

/** A run that can be watched. */
export interface Watch {
  readonly url: string;
  readonly metricsUrl: string;
  /** Milliseconds that pages have cost the run so far: making what they are told, and sending it. */
  readonly spentMs: number;
  /** The run is over: tell all, wait until they have it, close. */
  end(onWaiting: () => void): Promise<void>;
}

/** Serve the page of a run, and its metrics, on this machine only. */
export async function watch(run: WatchedRun, options: WatchOptions): Promise<Watch> {
  const now = () => performance.now();
  const feed = createFeed(tellerOf(run), { now, everyMs: EVERY_MS, share: SHARE, mostMs: MOST_MS });
  const server = await startServer({ assets: pageAssets(), feed, metrics: () => runMetrics(run) }, options);
  const ticking = setInterval(() => feed.tick(), EVERY_MS / 4).unref();
  return {
    url: server.url,
    metricsUrl: server.metricsUrl,
    get spentMs() {
      return feed.spentMs;
    },
    async end(onWaiting) {
      clearInterval(ticking);
      if (feed.joined === 0 && options.attended && !server.visited) onWaiting();
      const limit = server.visited || !options.attended ? FINAL_MS : FIRST_VISIT_MS;
      if (server.visited || options.attended) await firstClient(feed, limit, options.signal);
      await feed.finish(FINAL_MS);
      await server.close();
    },
  };
}

/** Until a page follows the run, the signal comes, or nobody came for `limitMs`. */
async function firstClient(feed: Feed, limitMs: number, signal: AbortSignal): Promise<void> {
  const until = performance.now() + limitMs;
  while (feed.joined === 0 && !signal.aborted && performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
