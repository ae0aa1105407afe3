import Table from 'cli-table3';
import { droppedCaches } from '../../pipelines/lint/dropped.js';
import type { HeadAllocation } from '../../pipelines/allocation/schema.js';
import type { Config } from '../../pipelines/config.js';
import type { ProjectionCost } from '../../pipelines/store-weights.js';
import type { TraceSummary } from '../../pipelines/summarise.js';
import { predictionText } from './prediction-text.js';
import { counted, formatBytes } from '../core/format.js';
import { legend, wrapText } from './wrap-text.js';

const HEAD = ['cache', 'held', 'scratch', 'ms/token p50', 'p95', 'error mean', 'p99', 'max', 'score std R'];
/** What a narrow terminal can do without, first to go first. */
const SPARED = ['p95', 'p99', 'scratch'];
const LEGEND =
  'error: ‖o − ô‖ / ‖o‖ against exact attention in float64; held: peak of resident and metadata bytes, all heads, layers ' +
  'and streams; scratch: only to answer a query; ms: update, plan and kernels, thread time; R: root mean square over ' +
  'steps with n ≥ 2';

/** The summary of a trace as people read it: one line a cache, fewer columns where `width` characters do not hold all. */
export function summaryTable(summary: TraceSummary, width = Infinity): string {
  const { run, tokens, caches, prediction = null } = summary;
  const tables = [0, 1, 2, 3].map((n) => tableWithout(SPARED.slice(0, n), summary));
  const fitting = tables.findIndex((text) => text.indexOf('\n') <= width);
  const spared = SPARED.slice(0, fitting < 0 ? SPARED.length : fitting);
  const table =
    tables[spared.length] + (spared.length > 0 ? `\nin a wider terminal also ${spared.join(', ')}` : '');
  const head = runText({ run, tokens }) + predictionText(run, prediction, tokens);
  const below = `${allocationText(run)}${projectionText(run)}${caveats(run)}${warnings(caches)}${dropsText(run)}`;
  return `${wrapText(head, width)}\n${table}\n${legend(LEGEND, width)}${wrapText(below, width)}`;
}

function tableWithout(left: readonly string[], { score_std, caches }: TraceSummary): string {
  const shown = <T>(cells: readonly T[]): T[] => cells.filter((_, i) => !left.includes(HEAD[i]));
  const table = new Table({
    head: shown(HEAD),
    style: { head: [], border: [], compact: true },
    colAligns: HEAD.map((_, i) => (i === 0 ? 'left' : 'right')).slice(0, HEAD.length - left.length),
  });
  for (const c of caches) {
    const cells = [
      c.cache,
      formatBytes(c.peak_held_bytes),
      formatBytes(c.peak_scratch_bytes),
      ...[c.ms_per_token_p50, c.ms_per_token_p95].map(milliseconds),
      ...[c.err_rel_l2_mean, c.err_rel_l2_p99, c.err_rel_l2_max].map(errorText),
      score_std === null ? '–' : score_std.toFixed(2),
    ];
    table.push(shown(cells));
  }
  return table.toString();
}

/** Answers that are worth less than their cache promises; never silence. */
export function warnings(caches: TraceSummary['caches']): string {
  return caches
    .filter(({ out_of_range }) => out_of_range > 0)
    .map(
      ({ cache, out_of_range }) =>
        `\nwarning: ${cache}: ${out_of_range} answers out of range, see events.parquet`,
    )
    .join('');
}

/** Caches that failed on the way and were left out from then on. */
export function dropsText(run: TraceSummary['run']): string {
  return droppedCaches(run)
    .map(
      ({ cache, stream_id, step, message }) =>
        `\nwarning: ${cache} was dropped at stream ${stream_id}, step ${step}, and has no rows from there on: ${message}`,
    )
    .join('');
}

/** What was run, in one line. */
export function runText({ run, tokens }: Pick<TraceSummary, 'run' | 'tokens'>): string {
  const { layers, heads, d, order, kernel, status } = run;
  return `${tokens} tokens, ${counted(layers, 'layer')} × ${counted(heads, 'head')}, d = ${d}, order ${order}, kernel ${kernel}, ${status}`;
}

/** What layers and heads were given, where they share a budget: a line a layer, its heads one by one where they differ. */
function allocationText({ config }: TraceSummary['run']): string {
  const caches = (config.caches ?? []) as Config['caches'];
  return caches
    .flatMap(({ label, allocation }) => {
      if (allocation?.heads === undefined) return [];
      const { policy, bytes, at, heads } = allocation;
      const length = at === null ? '' : `, at n = ${at}`;
      return [
        `\n${label}: ${policy}, ${formatBytes(bytes)} for all layers and heads of a stream${length}`,
        ...heads.map(layerText),
      ];
    })
    .join('');
}

function layerText(heads: readonly HeadAllocation[], layer: number): string {
  const all = heads.reduce((sum, { bytes }) => sum + bytes, 0);
  const alike = heads.every(({ bytes }) => bytes === heads[0].bytes);
  const each = alike
    ? `${formatBytes(heads[0].bytes)} a head`
    : heads.map(({ bytes }) => formatBytes(bytes)).join(', ');
  const spread = heads.flatMap((head) => (head.spread === undefined ? [] : [head.spread.toFixed(1)]));
  const measured = spread.length === 0 ? '' : `; attention spread over ${spread.join(', ')} tokens`;
  return `\nlayer ${layer}: ${formatBytes(all)}: ${each}${measured}`;
}

/** What pruned weights saved; nothing where all are kept whole. */
function projectionText({ execution }: TraceSummary['run']): string {
  const cost = execution.projection as ProjectionCost | undefined; // older traces do not say
  if (cost === undefined || cost.sparse_matrices === 0) return '';
  const { sparse_matrices, matrices, bytes, dense_bytes, flops_per_token, dense_flops_per_token } = cost;
  const share = Math.round((100 * flops_per_token) / dense_flops_per_token);
  return (
    `\nprojection: ${sparse_matrices} of ${matrices} matrices without their zeros, ${formatBytes(bytes)} instead of ` +
    `${formatBytes(dense_bytes)}, ${share} % of the operations`
  );
}

/** What a reader must know of a recording before believing its errors. */
function caveats({ lift, inputs: [input = {}] }: TraceSummary['run']): string {
  const lifted =
    lift === null
      ? ''
      : `\nlift ${lift}: side 2 was made from ordinary attention, so these errors speak about the caches, not about a trained tensor model`;
  const unrotated =
    input.rope === 'pre'
      ? '\nrope pre: q and k were recorded before their rotation, so scores know no positions, unlike the model'
      : '';
  const shared =
    input.kv_heads === undefined
      ? ''
      : `\nkv_heads ${JSON.stringify(input.kv_heads)}: heads share keys and values, but bytes count a cache per query head`;
  return `${lifted}${unrotated}${shared}`;
}

/** Milliseconds for a table. */
export function milliseconds(ms: number | null): string {
  return ms === null ? '–' : ms.toFixed(ms < 10 ? 3 : 1);
}

/** A small number for a table: three decimals, or one digit and an exponent. */
export function errorText(error: number | null): string {
  if (error === null) return '–';
  return error !== 0 && error < 0.001 ? error.toExponential(1) : error.toFixed(3);
}
