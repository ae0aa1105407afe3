import { parseBytes } from '../core/format.js';
import { BinRows } from './bin-rows.js';
import { logBins } from './bins.js';
import { STEP_BINS } from './cache-tally.js';
import type { Fold } from './fold.js';
import { errorBuckets, timeBuckets } from './log-buckets.js';
import type { PlotRow } from './message.js';

/** The one run of a live page, as the column `run` of every plot says. */
export const RUN = 'this run';

/** What plots call a cache: the name of its plug-in, by label. */
export type PluginOf = (label: string) => string | null;

/** By id of the plot, for those that a fold can feed: rows with the columns of its query, out of what was folded. */
export function liveRowsOf(fold: Fold, pluginOf: PluginOf): ReadonlyMap<string, () => readonly PlotRow[]> {
  const [bytes, times, errors] = [bytesN(), timeN(), errorStep(fold)];
  return new Map([
    ['bytes-n', () => bytes.of(fold.tallies)],
    ['time-n', () => times.of(fold.tallies)],
    ['error-step', () => errors.of(fold.tallies, fold.stepBins.width)],
    ['pareto', () => pareto(fold, pluginOf)],
    ['time-split', () => timeSplit(fold)],
  ]);
}

function bytesN(): BinRows {
  return new BinRows(logBins.count, {
    changes: ({ stepsByN }) => stepsByN,
    row: ({ cache, held }, bin) => ({
      ...{ run: RUN, cache, n: held.n[bin] },
      held_bytes: held.bytes[bin] / held.streams[bin],
      ...{ least_bytes: held.least[bin], most_bytes: held.most[bin] },
      formula_bytes: held.formula[bin] / held.streams[bin],
    }),
  });
}

function timeN(): BinRows {
  return new BinRows(logBins.count, {
    changes: ({ tokensByN }) => tokensByN,
    row({ cache, tokensByN, sumOfN, msByN }, bin) {
      const counts = msByN.subarray(bin * timeBuckets.count, (bin + 1) * timeBuckets.count);
      const [ms_p10, ms_p50, ms_p90] = [0.1, 0.5, 0.9].map((share) => timeBuckets.quantile(counts, share));
      const n = Math.round(sumOfN[bin] / tokensByN[bin]);
      return { run: RUN, cache, n, ms_p10, ms_p50, ms_p90, tokens: tokensByN[bin] };
    },
  });
}

function errorStep({ stepBins }: Fold): BinRows {
  return new BinRows(STEP_BINS, {
    changes: ({ answers }) => answers,
    row({ cache, errors, mostError, answers }, bin) {
      const counts = errors.subarray(bin * errorBuckets.count, (bin + 1) * errorBuckets.count);
      const [p10, p50, p90] = [0.1, 0.5, 0.9].map((share) => errorBuckets.quantile(counts, share));
      const step = stepBins.from(bin) - 1;
      return { run: RUN, cache, step, p10, p50, p90, most: mostError[bin], answers: answers[bin] };
    },
  });
}

function pareto({ tallies }: Fold, pluginOf: PluginOf): readonly PlotRow[] {
  const compared = tallies.filter((tally) => tally.compared > 0);
  const rows = compared.map(({ cache, errorSum, compared, mostHeadBytes: held_bytes, allErrors }) => {
    const mean = errorSum / compared;
    const plugin = pluginOf(cache);
    return {
      ...{ run: RUN, cache, plugin, held_bytes, error_mean: mean, error_least: mean, error_most: mean },
      at_bytes: (plugin === 'oracle-top-k' ? budgetOf(cache) : null) ?? held_bytes,
      ...{ error_p99: errorBuckets.quantile(allErrors, 0.99), traces: 1 },
    };
  });
  return rows.sort((a, b) => a.at_bytes - b.at_bytes || (a.cache < b.cache ? -1 : 1));
}

/** Bytes behind the @ of a label that `compare` made. */
function budgetOf(label: string): number | null {
  return parseBytes(/@(\d+\w+)$/.exec(label)?.[1] ?? '');
}

function timeSplit({ tallies }: Fold): readonly PlotRow[] {
  const rows = tallies
    .filter(({ tokens }) => tokens > 0)
    .map(({ cache, spent, tokens, answered }) => {
      const ms = (ns: number) => ns / 1e6 / tokens;
      return {
        ...{
          run: RUN,
          cache,
          append_ms: ms(spent.append),
          plan_ms: ms(spent.plan),
          kernels_ms: ms(spent.kernels),
        },
        ...{ queue_ms: spent.queue / 1e6 / answered, tokens, reference_ms: ms(spent.reference) },
      };
    });
  const reference_ms = Math.max(0, ...rows.map((row) => row.reference_ms));
  const tokens = Math.max(0, ...rows.map((row) => row.tokens));
  const reference = {
    ...{ run: RUN, cache: 'exact reference', append_ms: null, plan_ms: null, kernels_ms: reference_ms },
    ...{ queue_ms: null, tokens },
  };
  const shown = rows.map(({ reference_ms, ...row }) => (void reference_ms, row));
  return [...shown, ...(reference_ms > 0 ? [reference] : [])].sort((a, b) => b.kernels_ms - a.kernels_ms);
}
