import { formatBytes } from '../../../src/core/format.js';
import type { ReproducedTable } from '../table.js';
import type { Point, Weights } from './curve.js';
import { bits } from './numbers.js';

const LINES = ['oracle-top-k', 'random'];
const NEAR = 0.01; // bits a byte: what a note calls near

/** What the notes compare with. */
export interface Lines {
  /** Bits per byte of the n-gram at the same positions. */
  readonly nGram: number;
  readonly nGramOrder: number;
  /** Bytes of all layers and heads of the exact cache after the last token. */
  readonly exactBytes: number;
}

const name = ({ model, pruned }: Weights) =>
  pruned === null ? model : `${model}, ${pruned.method} ${pruned.ratio}`;
const inBits = ({ nll, excess }: Point) => `${bits(nll).toFixed(3)} (${signed(bits(excess))})`;
/** With a sign; what rounds to 0 has a plus. */
const signed = (x: number) => `${x <= -0.0005 ? '−' : '+'}${Math.abs(x).toFixed(3)}`;
const positive = (x: number) => Math.max(0, bits(x)).toFixed(3); // rounding leaves −0

/** Caches with a budget, in columns by what they may hold. Best first, by the mean over columns. */
export function budgetTables(points: readonly Point[], lines: Lines): readonly ReproducedTable[] {
  const own = points.filter(({ entrant: { share } }) => share !== null);
  const shares = [...new Set(own.map(({ entrant }) => entrant.share!))].sort((a, b) => a - b);
  const names = ranked(own);
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
  const [{ weights, positions }] = points;
  const exact = exactOf(points);
  return [
    {
      title: `${name(weights)}: bits per byte by what the caches of all heads may hold`,
      source:
        `Measured with the caches, ${positions} positions of held-out text; each cache's own answers drive the residual stream. Exact: ` +
        `${bits(exact.nll).toFixed(3)} bits with ${formatBytes(lines.exactBytes)}; in brackets what is above it.`,
      columns,
      rows: rows(inBits),
      note: `${verdicts(own, shares)} ${againstNGram(own, lines)} ${standardErrors(own)}`,
    },
    {
      title: `${name(weights)}: next byte as with exact attention, and KL(exact ‖ cache)`,
      source: 'Of the same runs: share of positions whose likeliest byte is the same; bits.',
      columns,
      rows: rows(({ agreement, kl }) => `${(100 * agreement).toFixed(1)} %, ${positive(kl)}`),
      note: mistakesThatHelp(own),
    },
  ];
}

/** Names by their mean excess over the budgets that all of them have. */
function ranked(points: readonly Point[]): readonly string[] {
  const names = [...new Set(points.map(({ entrant }) => entrant.name))];
  const worst = (one: string) => {
    const own = points.filter(({ entrant }) => entrant.name === one);
    return own.reduce((sum, { excess }) => sum + excess, 0) / own.length;
  };
  return names.sort((a, b) => worst(a) - worst(b));
}

function exactOf(points: readonly Point[]): Point {
  return points.find(({ entrant }) => entrant.plugin === 'four-cache')!;
}

/** At each budget: the best that is no line, and which do no better than chance. */
function verdicts(points: readonly Point[], shares: readonly number[]): string {
  return shares
    .map((share) => {
      const at = points.filter(({ entrant }) => entrant.share === share);
      const real = at.filter(({ entrant }) => !LINES.includes(entrant.name));
      const best = real.reduce((least, one) => (one.nll < least.nll ? one : least));
      const chance = at.find(({ entrant }) => entrant.name === 'random')!;
      const worse = real.filter(({ excess, excessError }) => excess - chance.excess > 2 * excessError);
      const named = worse.map(({ entrant }) => entrant.name);
      return (
        `At 1/${1 / share} the best is ${best.entrant.name} with ${signed(bits(best.excess))} (random ${signed(bits(chance.excess))})` +
        (named.length === 0
          ? '; none is clearly worse than random.'
          : `; worse than random: ${named.join(', ')}.`)
      );
    })
    .join(' ');
}

function againstNGram(points: readonly Point[], { nGram, nGramOrder }: Lines): string {
  const line = `the n-gram of order ${nGramOrder} (${nGram.toFixed(3)} bits)`;
  const worse = points.filter(({ nll }) => bits(nll) > nGram);
  if (worse.length === 0) return `All of these stay below ${line}.`;
  if (worse.length === points.length) return `None of these is below ${line}.`;
  const named = worse.map(({ entrant }) => `${entrant.name} at 1/${1 / entrant.share!}`);
  return `${points.length - worse.length} of ${points.length} stay below ${line}; above it: ${named.join(', ')}.`;
}

function standardErrors(points: readonly Point[]): string {
  const most = points.reduce((least, one) => (one.excessError > least.excessError ? one : least));
  const near = points.filter(
    ({ excess, entrant }) => Math.abs(bits(excess)) < NEAR && !LINES.includes(entrant.name),
  );
  const named = near.map(({ entrant }) => `${entrant.name} at 1/${1 / entrant.share!}`);
  return (
    (named.length === 0
      ? `No cache comes within ${NEAR} bits of exact.`
      : `Within ${NEAR} bits of exact: ${named.join(', ')}.`) +
    ` Standard errors over windows are ${bits(most.excessError).toFixed(3)} bits and less. The oracle keeps everything and reads as much as stands above its column.`
  );
}

/** Where a cache that is far from exact is no worse for it. */
function mistakesThatHelp(points: readonly Point[]): string {
  const better = points.filter(({ excess, excessError }) => excess < -2 * excessError);
  if (better.length === 0)
    return 'No cache predicts better than exact attention by more than twice the standard error.';
  const named = better.map(
    ({ entrant, excess }) => `${entrant.name} at 1/${1 / entrant.share!} (${signed(bits(excess))})`,
  );
  return `Better than exact by more than twice the standard error: ${named.join(', ')}.`;
}

/** Caches without a budget, by what they came to hold. */
export function otherTable(points: readonly Point[], { exactBytes }: Lines): ReproducedTable {
  const [{ weights }] = points;
  const all = points.filter(({ entrant }) => entrant.share === null);
  const own = all.filter(({ entrant }) => entrant.windows === null).sort((a, b) => a.lastBytes - b.lastBytes);
  return {
    title: `${name(weights)}: caches that have no budget, by what they came to hold`,
    source:
      'Measured as above; bytes of all layers and heads with metadata: mean over positions, and after the last token of a window. Pages, lsh, ' +
      'block-lsh and skip keep everything and read a part.',
    columns: [
      'cache',
      'options',
      'mean',
      'last',
      'of exact',
      'bits per byte',
      '±',
      'same byte',
      'KL, bits',
      'out of range',
    ],
    rows: own.map((point) => {
      const { entrant, meanBytes, lastBytes, excessError, agreement, kl, outOfRange } = point;
      return [
        ...[entrant.name, optionsText(entrant.options), formatBytes(meanBytes), formatBytes(lastBytes)],
        ...[`${((100 * lastBytes) / exactBytes).toFixed(0)} %`, inBits(point), bits(excessError).toFixed(3)],
        ...[`${(100 * agreement).toFixed(1)} %`, positive(kl), `${(100 * outOfRange).toFixed(0)} %`],
      ];
    }),
    note: onFewWindows(all),
  };
}

const optionsText = (options: object) =>
  Object.entries(options)
    .map(([key, value]) => `${key} ${value}`)
    .join(', ') || '–';

/** Caches that take too long for all windows. */
function onFewWindows(points: readonly Point[]): string {
  const few = points.filter(({ entrant }) => entrant.windows !== null);
  const said = few.map(
    ({ entrant, positions, excess, lastBytes }) =>
      `${entrant.name} (${optionsText(entrant.options)}) over ${positions} positions only: ${signed(bits(excess))} bits with ${formatBytes(lastBytes)}`,
  );
  return `“Out of range”: share of the answers for which the cache says itself that its bound holds no more. ${said.join('; ')}${said.length > 0 ? '.' : ''}`;
}
