import Table from 'cli-table3';
import { LINES, type Standing } from '../../pipelines/compare.js';
import type { TraceSummary } from '../../pipelines/summarise.js';
import { formatBytes } from '../core/format.js';
import { predictionText } from './prediction-text.js';
import { legend, wrapText } from './wrap-text.js';
import { errorText, milliseconds, runText, warnings } from './summary-table.js';

const LEGEND = `held: peak of resident and metadata bytes, all heads, layers and streams
error: ‖o − ô‖ / ‖o‖ against exact attention in float64
lost: mean share of the exact softmax that is not held; bound: steps within the promised bound; ms: thread time
lines: oracle-top-k holds everything and reads the heaviest pairs, so no selection of as many loses less mass (its error is no bound: merging can beat it); random evicts by chance`;

/** Contenders of one budget, best first; null: those without a budget. */
export interface Group {
  readonly bytes: number | null;
  readonly lines: readonly Standing[];
  /** Caches that cannot be so small. */
  readonly leftOut: readonly string[];
}

/** A comparison as people read it: one table a budget, least error first. */
export function compareTable(summary: TraceSummary, groups: readonly Group[], width = Infinity): string {
  const tables = groups.filter(({ lines }) => lines.length > 0).map((group) => groupTable(group, width));
  const std = summary.score_std === null ? '' : `, score std R = ${summary.score_std.toFixed(2)}`;
  const foretold = predictionText(summary.run, summary.prediction ?? null, summary.tokens);
  const above = wrapText(`${runText(summary)}${std}${foretold}`, width);
  return `${above}\n${tables.join('\n')}\n${legend(LEGEND, width)}${wrapText(warnings(summary.caches), width)}`;
}

/** The label, and what a budget chose besides sizes, such as a degree. */
function nameOf({ label, options }: Standing['contender']): string {
  const chosen = Object.entries(options).filter(([key]) => ['degree', 'window'].includes(key));
  const [name, given] = [
    label.replace(/@\d+\w*$/, ''), // a label may have an @ of its own
    chosen.map(([key, value]) => `${key}=${String(value)}`).join(','),
  ];
  return given === '' || name.includes(':') ? name : `${name}:${given}`;
}

function groupTable({ bytes, lines, leftOut }: Group, width: number): string {
  const right = Array<'right'>(6).fill('right');
  const table = new Table({
    head: ['cache', 'held', 'error mean', 'p99', 'lost', 'bound', 'ms/token p50'],
    style: { head: [], border: [], compact: true },
    colAligns: ['left', ...right],
  });
  for (const { contender, summary } of lines) {
    const isLine = (LINES as readonly string[]).includes(contender.name);
    table.push([
      isLine ? `${contender.name} (line)` : nameOf(contender),
      formatBytes(summary.peak_held_bytes),
      errorText(summary.err_rel_l2_mean),
      errorText(summary.err_rel_l2_p99),
      errorText(summary.lost_mass_mean),
      summary.within_bound_share === null ? '–' : `${(100 * summary.within_bound_share).toFixed(0)} %`,
      milliseconds(summary.ms_per_token_p50),
    ]);
  }
  const title =
    bytes === null ? 'without a budget' : `at most ${formatBytes(bytes)} a stream, layer and head`;
  const absent = leftOut.length === 0 ? '' : `\nleft out, they cannot be so small: ${leftOut.join(', ')}`;
  return `\n${title}\n${table.toString()}${wrapText(absent, width)}`;
}
