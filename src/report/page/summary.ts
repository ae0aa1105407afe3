import { styleOfName } from '../colours.js';
import type { Context, Row } from '../plot.js';
import { bytesText, millisecondsText, percentText } from '../words.js';
import { escapeHtml } from './html.js';

/** The numbers of `kronflow inspect`, by trace and cache. */
export const SUMMARY_SQL = `select * from by_cache`;

const COLUMNS: readonly (readonly [string, (row: Row) => string])[] = [
  ['held', (row) => bytesText(row.peak_held_bytes as number | null)],
  ['scratch', (row) => bytesText(row.peak_scratch_bytes as number | null)],
  ['ms/token p50', (row) => millisecondsText(row.ms_per_token_p50 as number | null)],
  ['p95', (row) => millisecondsText(row.ms_per_token_p95 as number | null)],
  ['error mean', (row) => errorText(row.err_rel_l2_mean as number | null)],
  ['p99', (row) => errorText(row.err_rel_l2_p99 as number | null)],
  ['max', (row) => errorText(row.err_rel_l2_max as number | null)],
  ['lost mass', (row) => percentText(row.lost_mass_mean as number | null)],
  ['within bound', (row) => percentText(row.within_bound_share as number | null)],
  ['R', (row) => twoDecimals(row.score_std as number | null)],
];

/** The summary as a table; columns in which nothing was measured are not shown. */
export function summaryTable(rows: readonly Row[], { styles, groups }: Context): string {
  const shown = COLUMNS.filter(([, text]) => rows.some((row) => !['–', 'unknown'].includes(text(row))));
  const many = groups.flatMap(({ traces }) => traces).length > 1;
  const head = [...(many ? ['trace'] : []), 'cache'].map((name) => `<th scope="col">${name}</th>`);
  const body = rows.map((row) => {
    const cache = String(row.cache);
    const { hue } = styles.get(cache) ?? styleOfName(cache);
    const dot = `<span class="dot" style="background:var(--${hue})"></span>`;
    const cells = shown.map(([, text]) => `<td class="number">${escapeHtml(text(row))}</td>`);
    const trace = many ? `<td>${escapeHtml(String(row.trace))}</td>` : '';
    return `<tr>${trace}<th scope="row">${dot}${escapeHtml(cache)}</th>${cells.join('')}</tr>`;
  });
  const numbers = shown.map(([name]) => `<th scope="col" class="number">${name}</th>`);
  return `<div class="scroll" tabindex="0" role="region" aria-label="Summary of the caches"><table>
<thead><tr>${head.join('')}${numbers.join('')}</tr></thead>
<tbody>${body.join('\n')}</tbody></table></div>
<p class="lead">held: peak of resident and metadata bytes, all heads, layers and streams together (of windows of one text the largest, for they come one after the other); scratch: only to answer a query;
ms/token: update, plan and kernels, thread time; error: ‖o − ô‖ / ‖o‖ against exact attention in float64;
R: standard deviation of the exact scores, without which errors cannot be compared.</p>`;
}

/** As `inspect` prints it: three decimals, tiny ones with an exponent, so that columns line up. */
function errorText(error: number | null): string {
  if (error === null) return '–';
  return error !== 0 && error < 0.001 ? error.toExponential(1) : error.toFixed(3);
}

function twoDecimals(value: number | null): string {
  return value === null ? '–' : value.toFixed(2);
}
