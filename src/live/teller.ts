import { growthOf } from '../../pipelines/growth.js';
import { stylesOf, type CacheStyle } from '../report/colours.js';
import { configOf } from '../report/config.js';
import { symbolic } from '../report/look.js';
import type { Context } from '../report/plot.js';
import { plots } from '../report/plots/index.js';
import type { Teller } from './feed.js';
import type { Fold } from './fold.js';
import { liveRowsOf, RUN } from './live-rows.js';
import { errorBuckets } from './log-buckets.js';
import type { State } from './message.js';
import { textsOf, type PlotTexts } from './plot-diff.js';
import type { WatchedRun } from './watched-run.js';

type Known = Pick<Context, 'styles' | 'growth'>;

/** Says of a run what its page shows: numbers, and the plots of the reports that its fold can feed. */
export function tellerOf(run: WatchedRun): Teller {
  const { facts, fold } = run;
  const styles = stylesOf(facts.caches.map(({ name, label }) => ({ name, label })));
  const growth = growthOfLabels(facts);
  const pluginOf = (label: string) => facts.caches.find((cache) => cache.label === label)?.name ?? null;
  const rowsOf = liveRowsOf(fold, pluginOf);
  return { state: () => stateOf(run, styles), plots: () => plotsOf(fold, rowsOf, { styles, growth }) };
}

function stateOf(run: WatchedRun, styles: ReadonlyMap<string, CacheStyle>): State {
  const { facts, fold } = run;
  return {
    ...{ status: run.status, error: run.error, dir: facts.dir, done: run.done, total: run.total },
    ...{ elapsed_ms: run.elapsedMs, left_ms: run.leftMs, tokens_per_second: run.stepsPerSecond },
    ...{ in_use_bytes: run.bytesInUse, score_std: fold.scoreStd(), rows: { ...fold.rows } },
    caches: fold.tallies.map((tally) => ({
      ...{
        cache: tally.cache,
        hue: styles.get(tally.cache)?.hue ?? 'slate',
        held_bytes: tally.latest.heldBytes,
      },
      ...{ ms_per_token: tally.latest.ns === 0 ? null : tally.latest.ns / 1e6, error: tally.latest.error() },
      error_p50: errorBuckets.quantile(tally.allErrors, 0.5),
      error_p99: errorBuckets.quantile(tally.allErrors, 0.99),
      warnings: tally.outOfRange + tally.broken,
    })),
    events: fold.events.map(({ kind, step, message }) => ({ kind, step, message })),
  };
}

function plotsOf(
  { longest }: Fold,
  rowsOf: ReturnType<typeof liveRowsOf>,
  known: Known,
): readonly PlotTexts[] {
  const context: Context = {
    ...{ ...known, steps: Math.max(1, longest), run: 'trace', games: [] },
    groups: [{ name: RUN, traces: [] }],
  };
  return plots.flatMap((plot) => {
    const rows = rowsOf.get(plot.id)?.() ?? [];
    if (rows.length === 0 || (plot.refuse?.(rows, context) ?? null) !== null) return [];
    const { id, title, caption } = plot;
    const spec = { ...plot.spec(rows, symbolic, context), config: configOf(symbolic) };
    return [textsOf({ id, title, caption, alt: plot.alt(rows, context), spec, rows })];
  });
}

/** Asked once: formulas do not change while a run goes on. */
function growthOfLabels({ caches, d, order }: WatchedRun['facts']): Context['growth'] {
  const found = new Map(
    caches.map(({ name, label, options }) => [
      label,
      growthOf(name, options, { d, order, bytesPerNumber: 4 }),
    ]),
  );
  return (label) => found.get(label) ?? null;
}
