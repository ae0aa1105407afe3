import type { PlotRow } from './message.js';
import { logBins } from './bins.js';
import { STEP_BINS, type CacheTally } from './cache-tally.js';
import { ERROR_BUCKETS, errorQuantile } from './error-buckets.js';
import type { Fold } from './fold.js';

/** The one run of a live page, as the column `run` of every plot says. */
export const RUN = 'this run';

/** What plots call a cache: the name of its plug-in, by label. */
export type PluginOf = (label: string) => string | null;

/** Rows for a plot of the reports, with the columns of its query, out of what was folded. */
export type LiveRows = (fold: Fold, pluginOf: PluginOf) => readonly PlotRow[];

/** By id of the plot: those that a fold can feed. */
export const liveRows: ReadonlyMap<string, LiveRows> = new Map([
  ['bytes-n', bytesN],
  ['error-step', errorStep],
  ['pareto', pareto],
]);

function bytesN({ tallies }: Fold): readonly PlotRow[] {
  return tallies.flatMap(({ cache, held }) =>
    filled(held.n).map((bin) => ({
      ...{ run: RUN, cache, n: held.n[bin] },
      held_bytes: held.bytes[bin] / held.streams[bin],
      ...{ least_bytes: held.least[bin], most_bytes: held.most[bin] },
      formula_bytes: held.formula[bin] / held.streams[bin],
    })),
  );
}

function errorStep({ tallies, stepBins }: Fold): readonly PlotRow[] {
  return tallies.flatMap(({ cache, errors, mostError }) => {
    const rows: PlotRow[] = [];
    for (let bin = 0; bin < STEP_BINS; bin++) {
      const counts = errors.subarray(bin * ERROR_BUCKETS, (bin + 1) * ERROR_BUCKETS);
      const answers = counts.reduce((sum, count) => sum + count, 0);
      if (answers === 0) continue;
      const [p10, p50, p90] = [0.1, 0.5, 0.9].map((q) => errorQuantile(counts, q));
      rows.push({
        run: RUN,
        cache,
        step: stepBins.from(bin) - 1,
        p10,
        p50,
        p90,
        most: mostError[bin],
        answers,
      });
    }
    return rows;
  });
}

function pareto({ tallies }: Fold, pluginOf: PluginOf): readonly PlotRow[] {
  const compared = tallies.filter((tally) => tally.compared > 0);
  const rows = compared.map((tally) => {
    const mean = tally.errorSum / tally.compared;
    return {
      ...{ run: RUN, cache: tally.cache, plugin: pluginOf(tally.cache), held_bytes: tally.mostHeadBytes },
      ...{ error_mean: mean, error_least: mean, error_most: mean },
      ...{ error_p99: errorQuantile(tally.allErrors, 0.99), traces: 1 },
    };
  });
  return rows.sort((a, b) => a.held_bytes - b.held_bytes || (a.cache < b.cache ? -1 : 1));
}

function filled(counts: CacheTally['held']['n']): number[] {
  const found: number[] = [];
  for (let bin = 0; bin < logBins.count; bin++) if (counts[bin] > 0) found.push(bin);
  return found;
}
