import { along, channel, ticks, type Axis } from '../../../src/report/axes.js';
import { stylesOf, type CacheStyle } from '../../../src/report/colours.js';
import { drawSvg, wholeSpec } from '../../../src/report/draw.js';
import { labelPlaces } from '../../../src/report/label-places.js';
import type { Look, ThemeName } from '../../../src/report/look.js';
import type { Context, Plot, Row, Spec } from '../../../src/report/plot.js';
import { bytesText, list } from '../../../src/report/words.js';
import type { Point } from './curve.js';
import { LINES } from './curve-notes.js';
import { exactOf, type Lines } from './curve-tables.js';
import { bits } from './numbers.js';
import { columnPx, labelMarks, labelsOf } from './picture-labels.js';

const [WIDTH, HEIGHT, AXIS, LEVELS] = [860, 560, 60, 150]; // pixels; of the axis of y, and of the names of levels
const [AIR, LABEL_PX] = [12, 13]; // between points and labels; from label to label
const [LEAST_SPAN, USUAL_SPAN, MOST_SPAN] = [0.1, 0.3, 1]; // bits a byte, from exact to the top
const LINE_CHARS = 128; // of the small print under the title

/** Perplexity against bytes of one model, as SVG: a line for each cache, exact and n-gram as levels. */
export async function perplexityPicture(
  title: string,
  points: readonly Point[],
  lines: Lines,
  theme: ThemeName = 'light',
): Promise<string> {
  const rows = rowsOf(points, lines);
  const seen = zoomOn(points, rows, lines);
  const context: Context = {
    ...{ groups: [], styles: new Map(), run: 'trace', steps: 1, growth: () => null, games: [] },
  };
  const plot = plotOf(title, rows, seen);
  return drawSvg(wholeSpec(plot, rows, context, { theme, width: WIDTH }));
}

/** A point for each cache and size, by bytes. Of few windows counts what is above exact there; that is added to all of them. */
function rowsOf(points: readonly Point[], { exactBytes, heads }: Lines): readonly Row[] {
  const exact = exactOf(points);
  return points
    .filter(({ entrant }) => entrant.windows === null || entrant.share !== null)
    .map(({ entrant, lastBytes, excess }) => ({
      ...{ cache: entrant.name, plugin: entrant.plugin, perplexity: Math.exp(exact.nll + excess) },
      ...{ reads: entrant.reads !== null, joined: isOneFamily(points, entrant.name) },
      bytes: entrant.reads === null ? lastBytes : Math.min(exactBytes, entrant.reads * heads),
    }))
    .sort((a, b) => a.bytes - b.bytes);
}

/** Whether the points of a cache differ in the size of the same options: a line through others would show nothing. */
function isOneFamily(points: readonly Point[], cache: string): boolean {
  const own = points.filter(({ entrant }) => entrant.name === cache);
  return new Set(own.map(({ entrant }) => Object.keys(entrant.options).join())).size === 1;
}

/** What is drawn, and what is not. */
interface Zoom {
  readonly rows: readonly Row[];
  readonly off: readonly Row[];
  readonly domain: readonly [least: number, most: number];
  readonly levels: readonly { readonly level: number; readonly text: string }[];
}

/** From below exact to half as far again as random eviction gets: no cache that is worse than that may squeeze the others. */
function zoomOn(points: readonly Point[], rows: readonly Row[], { nGram, nGramOrder }: Lines): Zoom {
  const exact = bits(exactOf(points).nll);
  const chance = points.filter(({ entrant }) => entrant.name === 'random').map(({ excess }) => bits(excess));
  const wanted = chance.length === 0 ? USUAL_SPAN : 1.5 * Math.max(...chance);
  const span = Math.min(MOST_SPAN, Math.max(LEAST_SPAN, wanted));
  const lowest = nGram < exact && exact - nGram < span / 2 ? nGram : exact;
  const domain = [2 ** (lowest - span / 16), 2 ** (exact + span)] as const;
  const inside = (perplexity: number) => perplexity >= domain[0] && perplexity <= domain[1];
  const levels = [
    { level: 2 ** exact, text: `exact: ${(2 ** exact).toFixed(2)}` },
    { level: 2 ** nGram, text: `n-gram of order ${nGramOrder}: ${(2 ** nGram).toFixed(2)}` },
  ];
  return {
    rows: rows.filter(({ perplexity }) => inside(Number(perplexity))),
    off: rows.filter(({ perplexity }) => !inside(Number(perplexity))),
    ...{ domain, levels: levels.filter(({ level }) => inside(level)) },
  };
}

function plotOf(title: string, all: readonly Row[], zoom: Zoom): Plot {
  return {
    ...{ id: 'perplexity', title, caption: '', needs: [], sql: () => '', sampled: () => null },
    spec: (_, look) => specOf(title, all, zoom, look),
    alt: () => `Perplexity against bytes. ${list(all.map(pointText), 200)}.`,
  };
}

const pointText = (row: Row) => `${row.cache}: ${bytesText(Number(row.bytes))}, ${perplexityText(row)}`;
const perplexityText = ({ perplexity }: Row) => Number(perplexity).toFixed(2);

function specOf(title: string, all: readonly Row[], zoom: Zoom, look: Look): Spec {
  const y: Axis = {
    ...{ field: 'perplexity', title: 'perplexity per byte (logarithmic)', log: true, kind: 'plain' },
    domain: zoom.domain,
  };
  const labels = labelsOf(zoom.rows);
  const width = WIDTH - AXIS - LEVELS;
  const { x, ends, columns } = bytesAxis(zoom.rows, width, [columnPx(labels.left), columnPx(labels.right)]);
  const position = {
    x: withTicks(channel(x), ticks({ ...x, domain: ends })),
    y: withTicks(channel(y), ticks({ ...y, log: false })), // less than a decade: round numbers as on a linear axis
  };
  const { color, shape, dash } = channelsOf(all, look);
  const at = { y, height: HEIGHT };
  return {
    data: { name: 'rows' },
    title: { text: title, anchor: 'start', fontSize: 15, offset: 18, ...smallPrint(zoom) },
    ...{ width, height: HEIGHT },
    layer: [
      ...levelMarks(zoom, y, position.y, look),
      ...labelMarks(labels.left, 'left', { ...at, bytes: columns[0] }, { ...position, color }),
      ...labelMarks(labels.right, 'right', { ...at, bytes: columns[1] }, { ...position, color }),
      {
        transform: [{ filter: 'datum.joined' }],
        mark: { type: 'line', strokeWidth: 1.3, opacity: 0.85, clip: true }, // to a point that is not seen, up to the edge
        encoding: { ...position, color, strokeDash: dash },
      },
      {
        mark: {
          ...{ type: 'point', filled: true, size: 50, opacity: 1, stroke: look.paper, strokeWidth: 1 },
          clip: true,
        },
        encoding: { ...position, color, shape },
      },
    ],
  };
}

/** The axis of bytes, with room for a column of labels before the first and behind the last point. */
function bytesAxis(rows: readonly Row[], width: number, [left, right]: readonly [number, number]) {
  const bytes = rows.map((row) => Number(row.bytes));
  const ends = [Math.min(...bytes), Math.max(...bytes) * 1.001] as const;
  const beyond = (px: number) => (ends[1] / ends[0]) ** (px / (width - left - right));
  const x: Axis = {
    ...{
      field: 'bytes',
      title: 'bytes of all heads and layers after the last token of a window (logarithmic)',
    },
    ...{ log: true, kind: 'bytes', domain: [ends[0] / beyond(left), ends[1] * beyond(right)] },
  };
  return { x, ends, columns: [ends[0] / beyond(AIR), ends[1] * beyond(AIR)] as const };
}

function withTicks(position: Spec, values: readonly number[]): Spec {
  return { ...position, axis: { ...(position.axis as Spec), values: [...values] } };
}

/** The same colour, dash and shape as in reports; lines that others are measured by are dashed. */
function channelsOf(rows: readonly Row[], look: Look) {
  const names = new Map(rows.map(({ cache, plugin }) => [String(cache), String(plugin)]));
  const styles = stylesOf([...names].map(([label, name]) => ({ name, label })));
  const of = (pick: (style: CacheStyle, name: string) => unknown): Spec => ({
    ...{ field: 'cache', type: 'nominal', legend: null },
    scale: {
      domain: [...names.keys()],
      range: [...names.keys()].map((name) => pick(styles.get(name)!, name)),
    },
  });
  return {
    color: of(({ hue }) => look.hue(hue)),
    shape: of(({ shape }) => shape),
    dash: of(({ dash }, name) => (LINES.includes(name) ? [5, 3] : [...dash])),
  };
}

/** Under the title: what stands elsewhere than at the bytes it holds, and which points are off the plot, with their places. */
function smallPrint({ rows, off }: Zoom): Spec {
  const reading = [...rows, ...off].filter(({ reads }) => reads);
  const named = [...new Set(reading.map(({ cache }) => String(cache)))];
  const caches = [...new Set(off.map(({ cache }) => String(cache)))];
  const places = caches.map((name) => {
    const own = off.filter(({ cache }) => cache === name);
    const each = own.map(
      (row) => `${bytesText(Number(row.bytes)).replace(' ', '\u00a0')}: ${perplexityText(row)}`,
    );
    return `${name} ${each.join(', ')}`;
  });
  const sentences = [
    named.length === 0
      ? ''
      : `At the bytes that a query reads, for they keep everything: ${named.join(', ')}.`,
    places.length === 0 ? '' : `Off the plot: ${places.join('; ')}.`,
  ];
  const subtitle = sentences.filter(Boolean).flatMap(wrapped);
  return subtitle.length === 0
    ? {}
    : { subtitle, subtitleFontSize: 11, subtitlePadding: 6, subtitleLineHeight: 14 };
}

function wrapped(sentence: string): readonly string[] {
  const lines = [''];
  for (const word of sentence.split(' ')) {
    if (lines.at(-1)!.length + word.length >= LINE_CHARS) lines.push('');
    lines.push(`${lines.pop()!} ${word}`.trimStart());
  }
  return lines;
}

/** Exact attention and the n-gram: a line across, named at the right. */
function levelMarks({ levels }: Zoom, y: Axis, channelOfY: Spec, look: Look): readonly Spec[] {
  const scale = along(y);
  const places = labelPlaces(
    levels.map(({ level }) => scale.to(level)),
    LABEL_PX / HEIGHT,
  );
  const values = levels.map(({ level, text }, i) => ({ level, text, place: scale.from(places[i]) }));
  return [
    {
      data: { values },
      mark: { type: 'rule', strokeDash: [2, 3], color: look.mid },
      encoding: { y: { ...channelOfY, field: 'level' } },
    },
    {
      data: { values },
      mark: {
        ...{ type: 'text', align: 'left', baseline: 'middle', dx: 6, fontSize: 11, color: look.soft },
      },
      encoding: {
        x: { value: 'width' },
        y: { ...channelOfY, field: 'place' },
        text: { field: 'text' },
      },
    },
  ];
}
