import { formatBytes, groupThousands } from '../../../src/core/format.js';
import type { ReproducedTable } from '../table.js';
import type { Point, Weights } from './curve.js';
import {
  againstNGram,
  LINES,
  mistakesThatHelp,
  nearExact,
  onFewWindows,
  optionsText,
  oracleNote,
  verdicts,
} from './curve-notes.js';
import { bits, mean, signed } from './numbers.js';

/** What the notes compare with. */
export interface Lines {
  /** Bits per byte of the n-gram at the same positions. */
  readonly nGram: number;
  readonly nGramOrder: number;
  /** Bytes of all layers and heads of the exact cache after the last token. */
  readonly exactBytes: number;
  /** Heads of all layers. */
  readonly heads: number;
}

const name = ({ model, pruned }: Weights) =>
  pruned === null ? model : `${model}, ${pruned.method} ${pruned.ratio}`;
const withExcess = (bitsPerByte: number, { excess }: Point) =>
  `${bitsPerByte.toFixed(3)} (${signed(bits(excess))})`;
const positive = (x: number) => Math.max(0, bits(x)).toFixed(3); // rounding leaves −0

/** Caches with a budget, in columns by what they may hold. Best first, by the mean over the columns that all have. */
export function budgetTables(points: readonly Point[], lines: Lines): readonly ReproducedTable[] {
  const own = points.filter(({ entrant: { share } }) => share !== null);
  const shares = [...new Set(own.map(({ entrant }) => entrant.share!))].sort((a, b) => a - b);
  const names = ranked(own, shares);
  const rows = (cell: (point: Point) => string) =>
    names.map((one) => [
      LINES.includes(one) ? `_${one}_` : one,
      ...shares.map((share) => {
        const found = own.find(({ entrant }) => entrant.name === one && entrant.share === share);
        return found === undefined ? '–' : cell(found);
      }),
    ]);
  const columns = [
    'cache',
    ...shares.map((share) => `1/${1 / share}: ${formatBytes(share * lines.exactBytes)}`),
  ];
  const exact = exactOf(points);
  // what was run over a part of the windows is above exact by so much: the text there is another
  const bitsOf = ({ excess }: Point) => bits(exact.nll + excess);
  const positions = groupThousands(exact.positions);
  const small = own.length < names.length * shares.length ? ' A dash: it cannot be so small.' : '';
  return [
    {
      title: `${name(exact.weights)}: bits per byte by what the caches of all heads may hold`,
      source:
        `Measured with the caches, ${positions} positions of held-out text; each cache's own answers drive the residual stream. Columns: the bytes that all layers ` +
        `and heads together may hold, as a share of exact attention's after the last token of a window. Exact: ${bits(exact.nll).toFixed(3)} bits with ` +
        `${formatBytes(lines.exactBytes)}; in brackets what is above it. Best first, by the mean over the columns that all have; ` +
        `_random_ and _oracle-top-k_ are lines to compare with.${small}`,
      columns,
      rows: rows((point) => withExcess(bitsOf(point), point)),
      note: [verdicts(own, shares), againstNGram(own, lines, bitsOf), nearExact(own), oracleNote(own)]
        .filter(Boolean)
        .join(' '),
    },
    {
      title: `${name(exact.weights)}: next byte as with exact attention, and KL(exact ‖ cache)`,
      source:
        'Of the same runs and positions, given the true text: the share of positions at which the likeliest byte is the one of exact attention, and the mean of ' +
        'KL(exact ‖ cache) over them in bits.',
      columns,
      rows: rows(({ agreement, kl }) => `${(100 * agreement).toFixed(1)} %, ${positive(kl)}`),
      note: mistakesThatHelp(own),
    },
  ];
}

/** Names by their mean excess over the budgets that all of them have; over their own where there is none. */
function ranked(points: readonly Point[], shares: readonly number[]): readonly string[] {
  const names = [...new Set(points.map(({ entrant }) => entrant.name))];
  const of = (one: string) => points.filter(({ entrant }) => entrant.name === one);
  const common = shares.filter((share) =>
    names.every((one) => of(one).some(({ entrant }) => entrant.share === share)),
  );
  const cost = new Map(
    names.map((one) => {
      const own = of(one).filter(({ entrant }) => common.length === 0 || common.includes(entrant.share!));
      return [one, mean(own.map(({ excess }) => excess))];
    }),
  );
  return names.sort((a, b) => cost.get(a)! - cost.get(b)!);
}

/** Exact attention of the same weights. */
export function exactOf(points: readonly Point[]): Point {
  return points.find(({ entrant }) => entrant.plugin === 'four-cache')!;
}

/** Caches without a budget, by what they came to hold. */
export function otherTable(points: readonly Point[], { exactBytes }: Lines): ReproducedTable {
  const [{ weights }] = points;
  const all = points.filter(({ entrant }) => entrant.share === null);
  const own = all.filter(({ entrant }) => entrant.windows === null).sort((a, b) => a.lastBytes - b.lastBytes);
  return {
    title: `${name(weights)}: caches that have no budget, by what they came to hold`,
    source:
      'Measured as above, at the same positions; bytes of all layers and heads with metadata: mean over positions, and after the last token of a window, which is ' +
      'compared with exact attention. In brackets: bits above exact attention; ±: standard error of that over windows. Pages, lsh, block-lsh and skip keep everything ' +
      'and read a part; pages reads what its size says for each head.',
    columns: [
      ...['cache', 'options', 'bytes, mean', 'bytes, last', 'last, of exact', 'bits per byte', '±'],
      ...['same likeliest byte', 'KL, bits', 'out of range'],
    ],
    rows: own.map((point) => {
      const { entrant, nll, meanBytes, lastBytes, excessError, agreement, kl, outOfRange } = point;
      return [
        ...[entrant.name, optionsText(entrant.options), formatBytes(meanBytes), formatBytes(lastBytes)],
        ...[`${((100 * lastBytes) / exactBytes).toFixed(0)} %`, withExcess(bits(nll), point)],
        ...[bits(excessError).toFixed(3), `${(100 * agreement).toFixed(1)} %`, positive(kl)],
        `${(100 * outOfRange).toFixed(0)} %`,
      ];
    }),
    note: `“Out of range”: share of the answers for which the cache says itself that its bound holds no more. ${onFewWindows(all)}`.trimEnd(),
  };
}
