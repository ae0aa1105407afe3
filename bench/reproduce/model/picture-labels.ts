import { along, type Axis } from '../../../src/report/axes.js';
import { labelPlaces } from '../../../src/report/label-places.js';
import type { Row, Spec } from '../../../src/report/plot.js';

const [LABEL_PX, CHAR_PX, GAP_PX] = [13, 6.2, 26];

/** A name beside the lines, and the point of its line that it belongs to. */
interface Label {
  readonly cache: string;
  readonly point: { readonly bytes: number; readonly perplexity: number };
}

/** Names of lines that begin in the left half stand left of all points, at their first one; all others at the right. */
export interface Labels {
  readonly left: readonly Label[];
  readonly right: readonly Label[];
}

/** A label for each cache of which a point is seen; `rows` by bytes, ascending. */
export function labelsOf(rows: readonly Row[]): Labels {
  const places = rows.map(({ bytes }) => Math.log(Number(bytes)));
  const middle = (Math.min(...places) + Math.max(...places)) / 2;
  const point = ({ bytes, perplexity }: Row) => ({
    bytes: Number(bytes),
    perplexity: Number(perplexity),
  });
  const labels: { left: Label[]; right: Label[] } = { left: [], right: [] };
  for (const cache of new Set(rows.map((row) => String(row.cache)))) {
    const own = rows.filter((row) => row.cache === cache);
    const isLeft = Math.log(Number(own[0].bytes)) <= middle;
    const end = isLeft ? own[0] : own.at(-1)!;
    labels[isLeft ? 'left' : 'right'].push({ cache, point: point(end) });
  }
  return labels;
}

/** Pixels that a column of labels takes, with the air beside it. */
export function columnPx(labels: readonly Label[]): number {
  return labels.length === 0
    ? GAP_PX / 2
    : GAP_PX + CHAR_PX * Math.max(...labels.map(({ cache }) => cache.length));
}

/** The column of one side: at `bytes`, each name as near to the height of its point as there is room, a thin line between. */
export function labelMarks(
  labels: readonly Label[],
  side: keyof Labels,
  { y, bytes, height }: { readonly y: Axis; readonly bytes: number; readonly height: number },
  encoding: { readonly x: Spec; readonly y: Spec; readonly color: Spec },
): readonly Spec[] {
  const scale = along(y);
  const places = labelPlaces(
    labels.map(({ point }) => scale.to(point.perplexity)),
    LABEL_PX / height,
  );
  const values = labels.map(({ cache, point }, i) => ({
    ...{ cache, bytes, perplexity: scale.from(places[i]) },
    ...{ to_bytes: point.bytes, to_perplexity: point.perplexity },
  }));
  const left = side === 'left';
  return [
    {
      data: { values },
      mark: { type: 'rule', strokeWidth: 0.7, opacity: 0.55 },
      encoding: {
        ...encoding,
        x2: { field: 'to_bytes' },
        y2: { field: 'to_perplexity' },
      },
    },
    {
      data: { values },
      mark: {
        ...{ type: 'text', align: left ? 'right' : 'left', baseline: 'middle', dx: left ? -4 : 4 },
        ...{ fontSize: 11, fontWeight: 500 },
      },
      encoding: { ...encoding, text: { field: 'cache' } },
    },
  ];
}
