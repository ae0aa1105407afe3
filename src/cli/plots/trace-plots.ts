import type { RunFile } from '../../../data/schemas/run-file.js';
import { formatBytes } from '../../core/format.js';
import { stylesOf, type Hue } from '../../report/colours.js';
import { errorText, milliseconds } from '../summary-table.js';
import { terminalPlot, type PlotSeries, type TerminalPlot } from './terminal-plot.js';
import { traceSeries, type CacheSeries } from './trace-series.js';

/** Of the 256 colours of a terminal, those that look like the colours of a report. */
const TERMINAL_HUES: Record<Hue, number> = {
  ...{ blue: 33, orange: 208, green: 35, magenta: 163, violet: 99, cyan: 37, amber: 178, crimson: 160 },
  ...{ olive: 100, slate: 103, ink: 250 },
};

/** The terminal that is drawn on. */
export interface Screen {
  readonly width: number;
  readonly colour: boolean;
}

/**
 * Draw a sealed trace: bytes against n, error against step, time against n, a line per cache.
 * @throws Failure `bad-trace`
 */
export async function tracePlots(dir: string, screen: Screen): Promise<string> {
  const { run, caches } = await traceSeries(dir);
  const colours = coloursOf(run);
  const lines = (of: keyof Omit<CacheSeries, 'cache'>, log: boolean, pick: Pick) =>
    caches.map(({ cache, ...series }): PlotSeries => {
      const colour = colours.get(cache);
      const points = thin(series[of], 4 * screen.width, { pick, log });
      return {
        name: cache,
        points: points.map(([step, y]) => [log ? step + 1 : step, y] as const),
        ...(colour === undefined ? {} : { colour }),
      };
    });
  const plots: readonly Omit<TerminalPlot, 'width' | 'colour'>[] = [
    {
      ...{
        title: 'bytes held after n tokens, all layers and heads (log, log)',
        xName: 'n',
        formatY: formatBytes,
      },
      ...{ series: lines('held', true, highest), logX: true, logY: true },
    },
    {
      ...{
        title: 'error ‖o − ô‖ / ‖o‖ at each step, mean over heads (log)',
        xName: 'step',
        formatY: errorText,
      },
      ...{ series: lines('error', false, middle), logY: true },
    },
    {
      ...{ title: 'milliseconds per token at n, thread time (log, log)', xName: 'n', formatY: msText },
      ...{ series: lines('ms', true, middle), logX: true, logY: true },
    },
  ];
  return plots.map((plot) => terminalPlot({ ...plot, ...screen })).join('\n');
}

/** The terminal on stdout: its width, and colours unless it is none or NO_COLOR asks for none. */
export function screenOf({ columns, isTTY }: NodeJS.WriteStream, { NO_COLOR = '' } = process.env): Screen {
  return { width: columns ?? 80, colour: isTTY && NO_COLOR === '' };
}

/** The same colour as in a report, from the names of the configured caches. */
function coloursOf({ config }: RunFile): ReadonlyMap<string, number> {
  const caches = Array.isArray(config.caches) ? (config.caches as { name: string; label?: string }[]) : [];
  const styles = stylesOf(caches.map(({ name, label = name }) => ({ name, label })));
  return new Map([...styles].map(([label, { hue }]) => [label, TERMINAL_HUES[hue]]));
}

function msText(ms: number): string {
  return ms < 0.001 ? errorText(ms) : milliseconds(ms);
}

type Pick = (sorted: readonly number[]) => number;
const highest: Pick = (sorted) => sorted[sorted.length - 1];
const middle: Pick = (sorted) => sorted[sorted.length >> 1];

/** At most about `count` points: of more, one of each stretch of steps, at its middle. On a log axis stretches grow. */
function thin(
  values: readonly (number | null)[],
  count: number,
  { pick, log }: { pick: Pick; log: boolean },
): readonly (readonly [step: number, value: number | null])[] {
  const points: (readonly [number, number | null])[] = [];
  const growth = values.length ** (1 / count);
  for (let from = 0; from < values.length;) {
    const even = values.length / count;
    const to = Math.max(from + 1, Math.round(log ? (from + 1) * growth : (points.length + 1) * even));
    const stretch = values.slice(from, to);
    const known = stretch.filter((value) => value !== null).sort((a, b) => a - b);
    points.push([from + (stretch.length >> 1), known.length === 0 ? null : pick(known)]);
    from = to;
  }
  return points;
}
