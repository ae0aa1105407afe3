import Table from 'cli-table3';
import type { IndexGameResult, IndexScore } from '../../pipelines/index-game.js';
import { formatBytes } from '../core/format.js';
import { wrapText } from './wrap-text.js';

const LEGEND =
  'sent: bits of the state that the receiver cannot compute from keys and seeds, over N·d; kept: all that the cache holds, keys included\n' +
  'Fano limit: min(1, S/Nd); no cache can recover more than it was sent. control: in d = ln N dimensions even exact attention loses bits';

/** What the game was and how each cache did: one line a cache, the failing control last. */
export function indexGameTable(result: IndexGameResult, width = Infinity): string {
  const { scores, control } = result;
  const right = (length: number) => Array<'right'>(length).fill('right');
  const table = new Table({
    head: ['cache', 'd', 'recovered', 'error e', '1 − H2(e)', 'sent S/Nd', 'Fano limit', 'kept', 'verdict'],
    style: { head: [], border: [], compact: true },
    colAligns: ['left', ...right(7), 'left'],
  });
  for (const score of [...scores, control]) table.push(line(score));
  return [wrapText(gameText(result), width), table.toString(), wrapText(LEGEND, width)].join('\n');
}

function gameText({
  control,
  rows,
  d,
  streams,
  n,
  query_norm,
  eps,
  least_weight,
  guaranteed,
}: IndexGameResult): string {
  return (
    `Index game, ${streams} streams: n = ${n}, N = ${rows} free rows of d = ${d} bits, |q| = 2·ln N = ${query_norm.toFixed(2)}, ${control.rows_decoded} rows decoded\n` +
    `keys: largest inner product ${eps.toFixed(2)}, least weight of the asked row ${least_weight.toFixed(3)}, ${percent(guaranteed)} of the rows decode whatever the bits`
  );
}

function line(score: IndexScore): string[] {
  return [
    score.cache,
    String(score.d),
    percent(score.recovery),
    score.bit_error.toFixed(4),
    score.information.toFixed(3),
    score.message_share.toFixed(3),
    score.most_information.toFixed(3),
    formatBytes(score.kept_bits / 8),
    verdict(score),
  ];
}

function verdict({ above_diagonal, bit_error, information, most_information }: IndexScore): string {
  if (above_diagonal) return 'ABOVE the limit: a fault';
  if (bit_error === 0) return 'every bit';
  return `at least ${Math.round((100 * information) / most_information)} % of what fits`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(share === 1 ? 0 : 1)} %`;
}
