import { along, channel, type Axis } from './axes.js';
import { bySize } from './by-size.js';
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
  /** Text at the end of a line, made of the name of its cache; default: that. */
  readonly label?: (text: string, rows: readonly Row[], cache: string) => string;
  readonly height?: number;
}

/** One panel of a chart. */
interface Panel {
  readonly run: string;
  readonly title: string;
  /** Whether its title says the budget, so that labels need not. */
  readonly split: boolean;
  readonly series: readonly (readonly [cache: string, rows: readonly Row[]])[];
}

type Label = (cache: string, rows: readonly Row[]) => string;

const LABEL_PX = 13; // from label to label
const [LEFT, CHAR_PX, LABEL_GAP] = [66, 6.2, 10];
const WIDE_MARGIN = 190; // pixels beside the axes from which on panels stand under each other
const CROWDED = 14; // lines that one panel can hold

/** Lines, one panel a run; of a run with many caches at several budgets, one a budget. */
export function lineChart(rows: readonly Row[], look: Look, context: Context, chart: LineChart): Spec {
  const write = chart.label ?? ((cache) => cache);
  const panels = panelsOf(rows, context);
  const labelOf =
    ({ split }: Panel) =>
    (cache: string, own: readonly Row[]) =>
      write(split ? cache.replace(/@\d+\w*$/, '') : cache, own, cache);
  const texts = panels.flatMap((one) => one.series.map(([cache, own]) => labelOf(one)(cache, own)));
  const margin = LEFT + LABEL_GAP + CHAR_PX * Math.max(4, ...texts.map((text) => text.length));
  const wanted = panels.length === 1 || margin > WIDE_MARGIN ? 1 : 2;
  const most = Math.max(...panels.map(({ series }) => series.length));
  const height = Math.max(chart.height ?? 280, (LABEL_PX + 1) * most);
  const drawn = panels.map((one, at) => ({
    ...panel(one, at, look, context, chart, { height, label: labelOf(one) }),
    ...(panels.length > 1 ? { title: panelTitle(one.title) } : {}),
    ...{ width: look.width(wanted, Math.round(margin)), height },
  }));
  return sideBySide(drawn, look, wanted);
}

function panelsOf(rows: readonly Row[], { groups }: Context): readonly Panel[] {
  return groups.flatMap(({ name: run }): readonly Panel[] => {
    const series = seriesOf(rows, run);
    if (series.length === 0) return [];
    const budgets = [...new Set(series.map(([cache]) => budgetOf(cache)))].sort(bySize);
    if (series.length <= CROWDED || budgets.length === 1) return [{ run, title: run, series, split: false }];
    return budgets.map((budget) => {
      const own = series.filter(([cache]) => budgetOf(cache) === budget);
      const title = [groups.length > 1 ? run : '', budget === '' ? 'no budget' : budget]
        .filter(Boolean)
        .join(', ');
      return { run, title, series: own, split: true };
    });
  });
}

/** The budget that `compare` puts behind a label; empty: none. */
function budgetOf(cache: string): string {
  return /@(.*)$/.exec(cache)?.[1] ?? '';
}

/**
 * Panels beside each other, as many as there is room for. `shared`: they colour by the same scale, which has one legend;
 * otherwise each by its own, for they hold different caches. `px`: how wide a panel is that does not follow the room.
 */
export function sideBySide(
  panels: readonly Spec[],
  look: Look,
  wanted = Math.min(2, panels.length),
  { shared = false, px }: { readonly shared?: boolean; readonly px?: number } = {},
): Spec {
  const data = { name: 'rows' };
  if (panels.length === 1) return { data, ...panels[0] };
  const own = { color: 'independent', strokeDash: 'independent', shape: 'independent' };
  return {
    ...{ data, concat: [...panels], columns: look.columns(wanted, px), spacing: 28 },
    resolve: shared ? { scale: { color: 'shared' }, legend: { color: 'shared' } } : { scale: own },
  };
}

/** The name of a run above its panel. */
export function panelTitle(run: string): Spec {
  return { text: run, anchor: 'start', fontSize: 12, fontWeight: 600, offset: 26 };
}

function panel(
  { run, series }: Panel,
  at: number,
  look: Look,
  { styles }: Context,
  chart: LineChart,
  { height, label }: { height: number; label: Label },
): Spec {
  const { x, y, band } = chart;
  const caches = series.map(([cache]) => cache);
  const position = { x: channel(x), y: channel(y) };
  const own = {
    filter: {
      and: [
        { field: 'run', equal: run },
        { field: 'cache', oneOf: caches },
      ],
    },
  };
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
  if (series.some(([, rows]) => rows.length === 1))
    layers.push(lonePoints(series, { ...position, color: colour }));
  layers.push(hover(at, { ...position, color: colour }, look));
  layers.push(endLabels(series, chart, { height, label }, styles, look));
  return { transform: [own], layer: layers };
}

/** A point for each line of a single row, which would be no mark at all. */
function lonePoints(series: Panel['series'], encoding: Spec): Spec {
  const alone = series.filter(([, rows]) => rows.length === 1).map(([cache]) => cache);
  return {
    transform: [{ filter: { field: 'cache', oneOf: alone } }],
    mark: { type: 'point', filled: true, size: 45, opacity: 1 },
    encoding,
  };
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
  { height, label }: { height: number; label: Label },
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
  const end = Math.max(...series.flatMap(([, rows]) => rows.map((row) => Number(row[x.field]))));
  const values = ends.map(({ text, cache }, i) => ({ text, cache, y: scale.from(places[i]) }));
  return {
    data: { values },
    mark: { type: 'text', align: 'left', baseline: 'middle', dx: 6, fontSize: 11, fontWeight: 500 },
    encoding: {
      x: { datum: end, type: 'quantitative' },
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

/** Shapes of points, the second channel beside colour. */
export function shapeOf(caches: readonly string[], styles: Context['styles']): Spec {
  const range = caches.map((cache) => styles.get(cache)?.shape ?? 'circle');
  return { field: 'cache', type: 'nominal', scale: { domain: [...caches], range }, legend: null };
}
