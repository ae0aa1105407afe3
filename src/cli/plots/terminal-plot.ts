import { labelPlaces } from '../../report/label-places.js';
import { axisOf, type Axis } from './plot-axis.js';
import { brailleCanvas, type Canvas, type Cell, type Dot } from './braille.js';

/** One line of a plot. */
export interface PlotSeries {
  readonly name: string;
  /** From left to right. A y that is null or not finite leaves a gap; one that is not positive has no place on a log axis. */
  readonly points: readonly (readonly [x: number, y: number | null])[];
  /** Number of a colour of the terminal's 256; default: by the place of the series. */
  readonly colour?: number;
}

/** What to draw, and on what. */
export interface TerminalPlot {
  readonly title: string;
  readonly series: readonly PlotSeries[];
  /** Characters of a line of the terminal, and lines of the plot without title and axis; default 80 and 12. */
  readonly width?: number;
  readonly height?: number;
  readonly logX?: boolean;
  readonly logY?: boolean;
  readonly xName: string;
  formatX?(x: number): string;
  formatY?(y: number): string;
  /** With colours of the terminal. */
  readonly colour?: boolean;
}

const COLOURS = [33, 208, 35, 161, 99, 136, 37, 245]; // of 256: apart from one another on dark and on light
const LEAST_COLUMNS = 10;
const LONGEST_NAME = 24;

/**
 * Draw lines in braille, two dots a column and four a row. Each line has its name at its right end, so that the plot can
 * be read without colours; what could not be drawn is said below.
 */
export function terminalPlot(plot: TerminalPlot): string {
  const { title, series, width = 80, height = 12, logX = false, logY = false } = plot;
  const points = series.flatMap(({ points }) => points);
  const x = axisOf(points.filter(([, y]) => y !== null && Number.isFinite(y)).map(([x]) => x), logX); // prettier-ignore
  const y = axisOf(points.flatMap(([, y]) => y ?? []), logY); // prettier-ignore
  if (x === null || y === null) return `${title}\n  nothing to draw: ${reasonOfNone(plot)}\n`;
  const labels = yLabels(plot, y, height);
  const margin = Math.max(...labels.map(({ length }) => length));
  const names = Math.min(LONGEST_NAME, Math.max(...series.map(({ name }) => name.length)));
  const canvas = brailleCanvas(Math.max(LEAST_COLUMNS, width - margin - names - 4), height);
  const ends = series.map((one, pen) => draw(canvas, one, pen, x, y));
  const right = placeNames(ends, height);
  const paint = plot.colour ? painter(series) : (text: string) => text;
  const lines = canvas.rows().map((cells, row) => {
    const pen = right[row];
    const name =
      pen === null ? '' : `${towards(ends[pen]! >> 2, row)}${paint(shorten(series[pen].name), pen)}`;
    return `${labels[row].padStart(margin)} ${labels[row] === '' ? '│' : '┤'}${paintRow(cells, paint)}${name}`.trimEnd();
  });
  return `${[title, ...lines, ...xLines(plot, x, margin, canvas.width)].join('\n')}\n${notDrawn(plot, ends, right)}`;
}

type Paint = (text: string, pen: number) => string;

/** Draw one line; returns in which row of dots from the top it ends, null when nothing of it has a place. */
function draw(canvas: Canvas, { points }: PlotSeries, pen: number, x: Axis, y: Axis): number | null {
  let [last, end]: [Dot | null, Dot | null] = [null, null];
  for (const [px, py] of points) {
    const [across, up] = [x.place(px), py === null ? null : y.place(py)];
    if (across === null || up === null) {
      last = null;
      continue;
    }
    const dot: Dot = [Math.round(across * (2 * canvas.width - 1)), Math.round(up * (4 * canvas.height - 1))];
    canvas.line(last ?? dot, dot, pen);
    last = end = dot;
  }
  return end === null ? null : 4 * canvas.height - 1 - end[1];
}

/** The pen whose name stands at the end of each row: names keep the order of their lines, and make room for one another. */
function placeNames(ends: readonly (number | null)[], height: number): readonly (number | null)[] {
  const rows: (number | null)[] = Array<null>(height).fill(null);
  const wanting = ends.flatMap((dot, pen) => (dot === null ? [] : [{ dot, pen }]));
  const last = Math.max(1, height - 1);
  const places = labelPlaces(
    wanting.map(({ dot }) => (dot >> 2) / last + (dot & 3) * 1e-6), // the dot says the order, the row the place
    1 / last,
  );
  wanting.forEach(({ pen }, i) => {
    const row = Math.round(places[i] * last - 1e-4);
    rows[row] ??= pen;
  });
  return rows;
}

/** Between a line and its name: where the line ends, seen from a name that had to make room. */
function towards(end: number, row: number): string {
  return end < row ? '↑' : end > row ? '↓' : ' ';
}

function yLabels({ formatY = String }: TerminalPlot, y: Axis, height: number): readonly string[] {
  const every = Math.max(2, Math.round(height / 4));
  return Array.from({ length: height }, (_, row) => {
    const last = row === height - 1;
    if (!last && (y.low === y.high || row % every !== 0 || height - 1 - row < 2)) return '';
    return formatY(y.at(height === 1 ? 1 : 1 - row / (height - 1)));
  });
}

function xLines(plot: TerminalPlot, x: Axis, margin: number, columns: number): readonly string[] {
  const { formatX = (value: number) => String(Math.round(value)), xName } = plot;
  const [low, middle, high] = [0, 0.5, 1].map((place) => formatX(x.at(place)));
  const text = Array<string>(columns).fill(' ');
  const write = (word: string, at: number) => [...word].forEach((letter, i) => (text[at + i] = letter));
  if (x.high > x.low && low.length + middle.length + high.length + xName.length + 8 < columns)
    write(middle, (columns - middle.length) >> 1);
  write(low, 0);
  if (x.high > x.low) write(high, Math.max(0, columns - high.length));
  const indent = ' '.repeat(margin + 1);
  return [`${indent}└${'─'.repeat(columns)}`, `${indent} ${text.join('').slice(0, columns)} ${xName}`];
}

function notDrawn(
  { series, logY }: TerminalPlot,
  ends: readonly (number | null)[],
  right: readonly (number | null)[],
): string {
  const said = series.map(({ name, points }, pen) => {
    const known = points.filter(([, y]) => y !== null && Number.isFinite(y));
    if (ends[pen] !== null) return right.includes(pen) ? '' : `  no room for the name of ${name}\n`;
    if (known.length === 0) return `  ${name}: no values\n`;
    return logY && known.every(([, y]) => y === 0)
      ? `  ${name}: 0 everywhere, which has no place on a log axis\n`
      : `  ${name}: no value has a place on this axis\n`;
  });
  return said.join('');
}

function reasonOfNone({ series }: TerminalPlot): string {
  const known = series.flatMap(({ points }) => points).filter(([, y]) => y !== null);
  if (known.length === 0) return 'there are no values';
  return known.every(([, y]) => y === 0) ? 'all values are 0' : 'no value has a place on these axes';
}

function painter(series: readonly PlotSeries[]): Paint {
  return (text, pen) =>
    `\u001b[38;5;${series[pen].colour ?? COLOURS[pen % COLOURS.length]}m${text}\u001b[39m`;
}

/** Cells of one pen that stand together are painted together. */
function paintRow(cells: readonly Cell[], paint: Paint): string {
  let [text, run, pen]: [string, string, number | null] = ['', '', null];
  for (const cell of [...cells, { text: '', pen: null }]) {
    if (cell.pen !== pen) {
      text += pen === null ? run : paint(run, pen);
      [run, pen] = ['', cell.pen];
    }
    run += cell.text;
  }
  return text + run;
}

function shorten(name: string): string {
  return name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME - 1)}…` : name;
}
