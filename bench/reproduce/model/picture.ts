import { along, channel, domainOf, type Axis } from '../../../src/report/axes.js';
import { styleOfName } from '../../../src/report/colours.js';
import { drawSvg, wholeSpec } from '../../../src/report/draw.js';
import { labelPlaces } from '../../../src/report/label-places.js';
import type { Look } from '../../../src/report/look.js';
import type { Context, Plot, Row, Spec } from '../../../src/report/plot.js';
import { list } from '../../../src/report/words.js';
import type { Point } from './curve.js';
import type { Lines } from './curve-tables.js';

const [WIDTH, HEIGHT, LABEL_PX, MARGIN] = [860, 600, 13, 240];
const LINES = ['oracle-top-k', 'random'];

/** Perplexity against bytes of one model, as SVG: a line for each cache, exact and n-gram as levels. */
export async function perplexityPicture(
  title: string,
  points: readonly Point[],
  lines: Lines,
): Promise<string> {
  const rows = rowsOf(points);
  const plot = plotOf(title, points, lines);
  const context: Context = {
    ...{ groups: [], styles: new Map(), run: 'trace', steps: 1, growth: () => null, games: [] },
  };
  return drawSvg(wholeSpec(plot, rows, context, { theme: 'light', width: WIDTH, titled: true }));
}

function rowsOf(points: readonly Point[]): readonly Row[] {
  return points
    .filter(({ entrant }) => entrant.windows === null)
    .map(({ entrant, lastBytes, nll }) => ({
      ...{ cache: entrant.name, plugin: entrant.plugin, perplexity: Math.exp(nll) },
      bytes: entrant.reads === null ? lastBytes : entrant.reads * headsOf(points, lastBytes),
    }))
    .sort((a, b) => a.bytes - b.bytes);
}

/** What is read is said for one head; pictures show the bytes of all. */
function headsOf(points: readonly Point[], lastBytes: number): number {
  const oracle = points.find(({ entrant }) => entrant.name === 'oracle-top-k' && entrant.share !== null)!;
  void lastBytes;
  return (oracle.lastBytes * oracle.entrant.share!) / oracle.entrant.reads!;
}

function plotOf(title: string, points: readonly Point[], lines: Lines): Plot {
  return {
    ...{ id: 'perplexity', title, caption: '', needs: [], sql: () => '', sampled: () => null },
    spec: (rows, look) => specOf(rows, look, points, lines),
    alt: (rows) =>
      `Perplexity against bytes. ${list(
        rows.map(
          ({ cache, bytes, perplexity }) =>
            `${cache}: ${Number(bytes)} bytes, ${Number(perplexity).toFixed(2)}`,
        ),
        200,
      )}.`,
  };
}

function specOf(rows: readonly Row[], look: Look, points: readonly Point[], lines: Lines): Spec {
  const exact = points.find(({ entrant }) => entrant.plugin === 'four-cache')!;
  const levels = [
    { level: Math.exp(exact.nll), text: 'exact' },
    { level: 2 ** lines.nGram, text: `n-gram of order ${lines.nGramOrder}` },
  ];
  const [low, high] = domainOf(
    [...rows.map(({ perplexity }) => Number(perplexity)), ...levels.map(({ level }) => level)],
    true,
  );
  const bytes = rows.map((row) => Number(row.bytes));
  const x: Axis = {
    ...{ field: 'bytes', title: 'bytes of all heads after the last token', log: true, kind: 'bytes' },
    domain: [Math.min(...bytes) / 1.1, Math.max(...bytes) * 1.1],
  };
  const y: Axis = {
    field: 'perplexity',
    title: 'perplexity per byte',
    log: true,
    kind: 'plain',
    domain: [low, high],
  };
  const names = [...new Set(rows.map(({ cache }) => String(cache)))];
  const styles = rows.map(({ cache, plugin }) => [String(cache), styleOfName(String(plugin))] as const);
  const style = new Map(styles);
  const scale = (range: unknown[]) => ({ scale: { domain: names, range }, legend: null });
  const colour = {
    field: 'cache',
    type: 'nominal',
    ...scale(names.map((name) => look.hue(style.get(name)!.hue))),
  };
  const shape = { field: 'cache', type: 'nominal', ...scale(names.map((name) => style.get(name)!.shape)) };
  const dashOf = (name: string) => (LINES.includes(name) ? [5, 3] : [...style.get(name)!.dash]);
  const dash = { field: 'cache', type: 'nominal', ...scale(names.map(dashOf)) };
  const position = { x: channel(x), y: channel(y) };
  return {
    data: { name: 'rows' },
    ...{ width: look.width(1, MARGIN), height: HEIGHT },
    layer: [
      ...levelMarks(levels, position.y, look),
      {
        mark: { type: 'line', strokeWidth: 1.3, opacity: 0.85 },
        encoding: { ...position, color: colour, strokeDash: dash },
      },
      {
        mark: { type: 'point', filled: true, size: 55, opacity: 1, stroke: look.paper, strokeWidth: 1 },
        encoding: { ...position, color: colour, shape },
      },
      endLabels(rows, { x, y }, colour),
    ],
  };
}

function levelMarks(levels: readonly object[], y: Spec, look: Look): readonly Spec[] {
  const level = { ...y, field: 'level' };
  return [
    {
      data: { values: levels },
      mark: { type: 'rule', strokeDash: [2, 3], color: look.mid },
      encoding: { y: level },
    },
    {
      data: { values: levels },
      mark: {
        type: 'text',
        align: 'left',
        baseline: 'bottom',
        dx: 4,
        dy: -3,
        fontSize: 11,
        color: look.soft,
      },
      encoding: { x: { value: 0 }, y: level, text: { field: 'text' } },
    },
  ];
}

/** Names in a column beside the axes, as near to the last point of each line as there is room. */
function endLabels(rows: readonly Row[], { x, y }: { x: Axis; y: Axis }, colour: Spec): Spec {
  const ends = [...new Map(rows.map((row) => [row.cache, row])).values()];
  const scale = along(y);
  const places = labelPlaces(
    ends.map(({ perplexity }) => scale.to(Number(perplexity))),
    LABEL_PX / HEIGHT,
  );
  const values = ends.map(({ cache }, i) => ({
    cache,
    bytes: x.domain[1],
    perplexity: scale.from(places[i]),
  }));
  return {
    data: { values },
    mark: { type: 'text', align: 'left', baseline: 'middle', dx: 9, fontSize: 11, fontWeight: 500 },
    encoding: { x: channel(x), y: channel(y), text: { field: 'cache' }, color: colour },
  };
}
