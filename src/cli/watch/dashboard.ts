import { stylesOf, type Hue } from '../../report/colours.js';
import { formatBytes } from '../../core/format.js';
import { STEP_BINS, type CacheTally } from '../../live/cache-tally.js';
import { errorBuckets } from '../../live/log-buckets.js';
import type { WatchedRun } from '../../live/watched-run.js';
import { sparkline } from '../plots/sparkline.js';
import { terminalPlot, type PlotSeries } from '../plots/terminal-plot.js';
import { formatDuration } from './time-left.js';

/** The terminal that a dashboard is drawn on. */
export interface Screen {
  readonly width: number;
  readonly height: number;
  readonly colour: boolean;
  /** Address of the page; null: there is none. */
  readonly url: string | null;
}

const LEAST_PLOT = 6; // lines, below which a plot says nothing
const MOST_PLOT = 16;
/** Colours of the terminal's 256 that come near to those of the reports, on dark and on light. */
const COLOURS: Readonly<Record<Hue, number>> = {
  ...{ blue: 33, orange: 208, green: 36, magenta: 170, violet: 99, cyan: 37, amber: 136 },
  ...{ crimson: 161, olive: 106, slate: 245, ink: 248 },
};

/** A run as lines of text, none wider than the screen and no more than fit: what matters most comes first. */
export function dashboard(run: WatchedRun, screen: Screen): readonly string[] {
  const colours = coloursOf(run);
  const head = [...title(run, screen), ''];
  const table = cacheTable(run, screen, colours);
  const foot = footer(run, screen);
  const room = screen.height - head.length - table.length - foot.length - 1;
  const plot = errorPlot(run, screen, colours, Math.min(MOST_PLOT, room - 4));
  return [...head, ...table, ...plot, ...foot].slice(0, screen.height).map((line) => fit(line, screen.width));
}

function title(run: WatchedRun, { width }: Screen): readonly string[] {
  const { facts, fold, done, total } = run;
  const left = run.leftMs;
  const speed = run.stepsPerSecond;
  const count = total === null ? `${done} tokens` : `${done} of ${total} tokens`;
  const words = [
    count,
    ...(speed === null ? [] : [`${speed.toFixed(1)} tokens/s`]),
    `elapsed ${formatDuration(run.elapsedMs)}`,
    ...(left === null ? [] : [`left ${formatDuration(left)}`]),
  ];
  const std = fold.scoreStd();
  return [
    `kronflow ${facts.dir}: ${run.status}`,
    ...(total === null ? [] : [bar(done / Math.max(1, total), Math.min(60, width))]),
    words.join(' · '),
    `${formatBytes(run.bytesInUse)} in use, reference included${std === null ? '' : ` · R ${std.toPrecision(3)}`}`,
  ];
}

function bar(share: number, width: number): string {
  const percent = `${Math.floor(100 * Math.min(1, share))} %`.padStart(6);
  const room = Math.max(4, width - percent.length);
  const full = Math.round(room * Math.min(1, share));
  return `${'█'.repeat(full)}${'░'.repeat(room - full)}${percent}`;
}

/** A column of the table; the first ones stay when the terminal is narrow. */
interface Column {
  readonly name: string;
  readonly text: (tally: CacheTally) => string;
}

const COLUMNS: readonly Column[] = [
  { name: 'held', text: ({ latest }) => formatBytes(latest.heldBytes) },
  { name: 'error', text: ({ latest }) => small(latest.error()) },
  { name: 'ms/token', text: ({ latest }) => small(latest.ns === 0 ? null : latest.ns / 1e6) },
  { name: 'error 99 %', text: ({ allErrors }) => small(errorBuckets.quantile(allErrors, 0.99)) },
  { name: 'warnings', text: ({ outOfRange, broken }) => String(outOfRange + broken) },
];
const TREND = 24; // columns

function cacheTable(
  run: WatchedRun,
  { width, colour }: Screen,
  colours: ReadonlyMap<string, number>,
): readonly string[] {
  const { tallies } = run.fold;
  if (tallies.length === 0) return ['no step is done yet'];
  const name = Math.min(28, Math.max(5, ...tallies.map(({ cache }) => cache.length)));
  const cells = COLUMNS.map((column) => [column.name, ...tallies.map(column.text)]);
  let used = name;
  const shown = cells.filter(
    (column) => (used += 2 + Math.max(...column.map(({ length }) => length))) <= width,
  );
  const room = width - Math.min(used, width) - 2;
  const trend = shown.length === cells.length && room >= 8 ? Math.min(TREND, room) : 0;
  const rows = ['cache', ...tallies.map(({ cache }) => cache)].map((cache, i) => {
    const label = cache.slice(0, name).padEnd(name);
    const painted = i > 0 && colour ? `\u001b[38;5;${colours.get(cache) ?? 245}m${label}\u001b[39m` : label;
    const texts = shown.map((column) => column[i].padStart(Math.max(...column.map(({ length }) => length))));
    const last = trend === 0 ? [] : [i === 0 ? 'error so far' : sparkline(medians(tallies[i - 1]), trend)];
    return [painted, ...texts, ...last].join('  ');
  });
  return [...rows, ''];
}

/** Median error by bin of steps. */
function medians({ errors }: CacheTally): readonly (number | null)[] {
  return Array.from({ length: STEP_BINS }, (_, bin) =>
    errorBuckets.quantile(errors.subarray(bin * errorBuckets.count, (bin + 1) * errorBuckets.count), 0.5),
  );
}

function errorPlot(
  { fold: { tallies, stepBins } }: WatchedRun,
  { width, colour }: Screen,
  colours: ReadonlyMap<string, number>,
  height: number,
): readonly string[] {
  const compared = tallies.filter((tally) => tally.compared > 0);
  if (height < LEAST_PLOT || width < 40 || compared.length === 0) return [];
  const series = compared.map((tally): PlotSeries => {
    const points = medians(tally).flatMap((error, bin) =>
      error === null ? [] : [[stepBins.from(bin) - 1, error] as const],
    );
    return { name: tally.cache, points, colour: colours.get(tally.cache) ?? 245 };
  });
  const text = terminalPlot({
    ...{
      title: 'relative error, median',
      series,
      width: Math.min(width, 110),
      height,
      logY: true,
      xName: 'step',
      colour,
    },
    formatY: (y) => (y < 0.001 ? y.toExponential(0) : y.toPrecision(1)),
  });
  return [
    ...text
      .trimEnd()
      .split('\n')
      .slice(0, height + 4),
    '',
  ];
}

function footer({ fold: { events }, status }: WatchedRun, { url }: Screen): readonly string[] {
  const last = events
    .slice(-2)
    .map(({ kind, step, message }) => `${kind}${step === null ? '' : ` at ${step}`}: ${message}`);
  const hint =
    status === 'sealing' ? 'sealing the trace' : 'Ctrl-C stops after this token and keeps what is done';
  return [...last.map((line) => line.replace(/\s+/g, ' ')), ...(url === null ? [] : [url]), hint];
}

function small(value: number | null): string {
  if (value === null) return '–';
  return value !== 0 && Math.abs(value) < 0.001
    ? value.toExponential(1)
    : String(Number(value.toPrecision(3)));
}

/** Cut to the width of the screen; colours take no room, and end where the line is cut. */
function fit(line: string, width: number): string {
  let [text, used]: [string, number] = ['', 0];
  for (const part of line.split(/(\u001b\[[0-9;]*m)/)) {
    if (part.startsWith('\u001b')) text += part;
    else for (const letter of part) if (used++ < width) text += letter;
  }
  return text;
}

function coloursOf({ facts: { caches } }: WatchedRun): ReadonlyMap<string, number> {
  return new Map([...stylesOf(caches)].map(([label, { hue }]) => [label, COLOURS[hue]]));
}
