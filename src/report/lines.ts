import { along, channel, type Axis } from './axes.js';
import type { CacheStyle } from './colours.js';
import { labelPlaces } from './label-places.js';
import type { Look } from './look.js';
import type { Context, Row, Spec } from './plot.js';

/** A line for each cache and run, named at its end. */
export interface LineChart {
  readonly x: Axis;
  readonly y: Axis;
  /** Fields of a band around each line, drawn where they are not null. */
  readonly band?: readonly [least: string, most: string];
  /** Text at the end of a line; default: its cache. */
  readonly label?: (cache: string, rows: readonly Row[]) => string;
  /** More layers over those of a panel, e.g. rules. */
  readonly over?: (rows: readonly Row[], panel: Panel) => readonly Spec[];
  readonly height?: number;
  readonly shapes?: boolean;
}

/** One panel of a chart. */
export interface Panel {
  readonly run: string;
  readonly at: number;
}

const LABEL_PX = 13; // from label to label
const [LEFT, CHAR_PX, LABEL_GAP] = [66, 6.2, 10];

/** Lines, one panel a run. */
export function lineChart(rows: readonly Row[], look: Look, context: Context, chart: LineChart): Spec {
  const height = chart.height ?? 280;
  const label = chart.label ?? ((cache) => cache);
  const names = [...new Set(rows.map(({ run }) => String(run)))];
  const runs = context.groups.map(({ name }) => name).filter((name) => names.includes(name));
  const texts = runs.flatMap((run) => seriesOf(rows, run).map(([cache, own]) => label(cache, own)));
  const margin = LEFT + LABEL_GAP + CHAR_PX * Math.max(4, ...texts.map((text) => text.length));
  const wanted = Math.min(2, runs.length);
  const panels = runs.map((run, at) => ({
    ...panel(
      rows.filter((row) => row.run === run),
      look,
      context,
      chart,
      { run, at },
      { height, label },
    ),
    ...(runs.length > 1 ? { title: panelTitle(run) } : {}),
    width: look.width(wanted, Math.round(margin)),
    height,
  }));
  return sideBySide(panels, look, wanted);
}

/** Panels beside each other, as many as there is room for. */
export function sideBySide(panels: readonly Spec[], look: Look, wanted = Math.min(2, panels.length)): Spec {
  if (panels.length === 1) return { data: { name: 'rows' }, ...panels[0] };
  return { data: { name: 'rows' }, concat: [...panels], columns: look.columns(wanted), spacing: 28 };
}

/** The name of a run above its panel. */
export function panelTitle(run: string): Spec {
  return { text: run, anchor: 'start', fontSize: 12, fontWeight: 600, offset: 26 };
}

function panel(
  rows: readonly Row[],
  look: Look,
  { styles }: Context,
  chart: LineChart,
  { run, at }: Panel,
  { height, label }: { height: number; label: NonNullable<LineChart['label']> },
): Spec {
  const { x, y, band } = chart;
  const series = seriesOf(rows, run);
  const caches = series.map(([cache]) => cache);
  const position = { x: channel(x), y: channel(y) };
  const own = { filter: { field: 'run', equal: run } };
  const colour = colourOf(caches, styles, look);
  const dash = dashOf(caches, styles);
  const layers: Spec[] = [];
  if (band) {
    layers.push({
      transform: [{ filter: `isValid(datum['${band[0]}']) && isValid(datum['${band[1]}'])` }],
      mark: { type: 'area', opacity: 0.16, clip: true },
      encoding: {
        x: position.x,
        y: { ...position.y, field: band[0] },
        y2: { field: band[1] },
        color: colour,
      },
    });
  }
  layers.push({
    mark: { type: 'line', clip: true, strokeWidth: 1.8, strokeJoin: 'round' },
    encoding: { ...position, color: colour, strokeDash: dash },
  });
  layers.push(hover(at, { ...position, color: colour }, look));
  layers.push(...(chart.over?.(rows, { run, at }) ?? []));
  layers.push(endLabels(series, chart, { height, label }, styles, look));
  return { transform: [own], layer: layers };
}

/** A point on each row that shows when the pointer is near. */
export function hover(at: number, encoding: Spec, look: Look): Spec {
  const name = `hover${at}`;
  return {
    params: [{ name, select: { type: 'point', on: 'pointerover', nearest: true, clear: 'pointerout' } }],
    mark: { type: 'point', filled: true, size: 55, stroke: look.paper, strokeWidth: 1 },
    encoding: { ...encoding, opacity: { condition: { param: name, empty: false, value: 1 }, value: 0 } },
  };
}

function endLabels(
  series: readonly (readonly [string, readonly Row[]])[],
  { x, y }: LineChart,
  { height, label }: { height: number; label: NonNullable<LineChart['label']> },
  styles: Context['styles'],
  look: Look,
): Spec {
  const scale = along(y);
  const ends = series.flatMap(([cache, rows]) => {
    const last = [...rows]
      .reverse()
      .find((row) => typeof row[y.field] === 'number' && (!y.log || Number(row[y.field]) > 0));
    return last ? [{ cache, text: label(cache, rows), want: clamp(scale.to(Number(last[y.field]))) }] : [];
  });
  const places = labelPlaces(
    ends.map(({ want }) => want),
    LABEL_PX / height,
  );
  const values = ends.map(({ text, cache }, i) => ({ text, cache, y: scale.from(places[i]) }));
  return {
    data: { values },
    mark: { type: 'text', align: 'left', baseline: 'middle', dx: 6, fontSize: 11, fontWeight: 500 },
    encoding: {
      x: { datum: x.domain[1], type: 'quantitative' },
      y: { field: 'y', type: 'quantitative' },
      text: { field: 'text' },
      color: colourOf(
        values.map(({ cache }) => cache),
        styles,
        look,
      ),
    },
  };
}

/** Rows of a run by cache, in the order of the rows. */
export function seriesOf(rows: readonly Row[], run: string): readonly (readonly [string, readonly Row[]])[] {
  const found = new Map<string, Row[]>();
  for (const row of rows) {
    if (row.run !== run) continue;
    const cache = String(row.cache);
    const list = found.get(cache) ?? [];
    found.set(cache, list);
    list.push(row);
  }
  return [...found];
}

/** The colour channel: the same cache, the same colour. */
export function colourOf(caches: readonly string[], styles: Context['styles'], look: Look): Spec {
  const range = caches.map((cache) => look.hue(styles.get(cache)?.hue ?? 'slate'));
  return { field: 'cache', type: 'nominal', scale: { domain: [...caches], range }, legend: null };
}

/** The dash channel, second to colour. */
export function dashOf(caches: readonly string[], styles: Context['styles']): Spec {
  const range = caches.map((cache) => [...((styles.get(cache) as CacheStyle | undefined)?.dash ?? [1, 0])]);
  return { field: 'cache', type: 'nominal', scale: { domain: [...caches], range }, legend: null };
}

function clamp(share: number): number {
  return Math.max(0, Math.min(1, share));
}
