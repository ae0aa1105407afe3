import { formatBytes, groupThousands } from '../../../src/core/format.js';
import type { Lines } from './curve-tables.js';
import type { Point } from './curve.js';
import { bits, signed } from './numbers.js';

/** Caches that others are measured by: what choosing at best and by chance comes to. */
export const LINES = ['oracle-top-k', 'random'];
const NEAR = 0.01; // bits a byte: what a note calls near
const [CLEAR, ONE_TAIL] = [2, 0.023]; // standard errors that make a difference clear, and how often chance does that

/** `window at 1/8, 1/4; sinks at 1/2`. */
function named(points: readonly Point[]): string {
  const names = [...new Set(points.map(({ entrant }) => entrant.name))];
  return names
    .map((name) => {
      const own = points.filter(({ entrant }) => entrant.name === name);
      const shares = own.map(({ entrant }) => entrant.share!).sort((a, b) => a - b);
      return `${name} at ${shares.map((share) => `1/${1 / share}`).join(', ')}`;
    })
    .join('; ');
}

/** Whether a costs more than b by more than twice the standard error of both. */
function isClearlyWorse(a: Point, b: Point): boolean {
  return a.excess - b.excess > CLEAR * Math.hypot(a.excessError, b.excessError);
}

/** At each budget: the best that is no line, what cannot be told from it, and which do no better than chance. */
export function verdicts(points: readonly Point[], shares: readonly number[]): string {
  return shares
    .map((share) => {
      const at = points.filter(({ entrant }) => entrant.share === share);
      const real = at.filter(({ entrant }) => !LINES.includes(entrant.name));
      const best = real.reduce((least, one) => (one.excess < least.excess ? one : least));
      const alike = real.filter((one) => one !== best && !isClearlyWorse(one, best));
      const chance = at.find(({ entrant }) => entrant.name === 'random')!;
      const worse = real.filter((one) => isClearlyWorse(one, chance));
      const names = (of: readonly Point[]) => of.map(({ entrant }) => entrant.name).join(', ');
      return [
        `At 1/${1 / share} the best is ${best.entrant.name} with ${signed(bits(best.excess))} (random ${signed(bits(chance.excess))})`,
        ...(alike.length === 0 ? [] : [`not clearly behind it: ${names(alike)}`]),
        worse.length === 0
          ? 'none is clearly worse than random.'
          : `clearly worse than random: ${names(worse)}.`,
      ].join('; ');
    })
    .join(' ')
    .concat(' (“Clearly”: by more than twice the standard error of both.)');
}

export function againstNGram(
  points: readonly Point[],
  { nGram, nGramOrder }: Lines,
  bitsOf: (point: Point) => number,
): string {
  const line = `the n-gram of order ${nGramOrder} at the same positions (${nGram.toFixed(3)} bits)`;
  const worse = points.filter((point) => bitsOf(point) > nGram);
  if (worse.length === 0) return `All of these stay below ${line}.`;
  if (worse.length === points.length) return `None of these is below ${line}.`;
  return `${points.length - worse.length} of ${points.length} stay below ${line}; above it: ${named(worse)}.`;
}

export function nearExact(points: readonly Point[]): string {
  const most = points.reduce((least, one) => (one.excessError > least.excessError ? one : least));
  const near = points.filter(
    ({ excess, entrant }) => Math.abs(bits(excess)) < NEAR && !LINES.includes(entrant.name),
  );
  return (
    (near.length === 0
      ? `No cache comes within ${NEAR} bits of exact.`
      : `Within ${NEAR} bits of exact: ${named(near)}.`) +
    ` Standard errors of what is in brackets, over windows, are ${bits(most.excessError).toFixed(3)} bits and less.`
  );
}

/** What the oracle is, and over how many positions it was run. */
export function oracleNote(points: readonly Point[]): string {
  const oracle = points.find(({ entrant }) => entrant.name === 'oracle-top-k');
  if (oracle === undefined) return '';
  const keeps = 'The oracle keeps everything and reads as much as stands above its column';
  return oracle.entrant.windows === null
    ? `${keeps}.`
    : `${keeps}; it was run over ${groupThousands(oracle.positions)} of the positions, and what it is above exact there stands for all.`;
}

/** Where a cache that is far from exact is no worse for it. */
export function mistakesThatHelp(points: readonly Point[]): string {
  const own = points.filter(({ entrant }) => !LINES.includes(entrant.name));
  const better = own.filter(({ excess, excessError }) => excess < -CLEAR * excessError);
  if (better.length === 0)
    return 'No cache predicts better than exact attention by more than twice the standard error.';
  const names = better.map(
    ({ entrant, excess }) => `${entrant.name} at 1/${1 / entrant.share!} (${signed(bits(excess))})`,
  );
  return `Better than exact by more than twice the standard error: ${names.join(', ')}; of ${own.length} comparisons chance alone would make ${(ONE_TAIL * own.length).toFixed(0)} so.`;
}

/** Caches that take too long for all windows. */
export function onFewWindows(points: readonly Point[]): string {
  const few = points.filter(({ entrant }) => entrant.windows !== null);
  return few
    .map(
      ({ entrant, positions, excess, excessError, lastBytes }) =>
        `${withOptions(entrant)} over ${groupThousands(positions)} of the positions only: ${signed(bits(excess))} ± ${bits(excessError).toFixed(3)} bits above exact there, with ${formatBytes(lastBytes)}.`,
    )
    .join(' ');
}

function withOptions({ name, options }: Point['entrant']): string {
  const text = optionsText(options);
  return text === '–' ? name : `${name} (${text})`;
}

/** `size 3, page 8`; none: a dash. */
export function optionsText(options: object): string {
  return (
    Object.entries(options)
      .map(([key, value]) => `${key} ${value}`)
      .join(', ') || '–'
  );
}
