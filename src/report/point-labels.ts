import { along, channel, type Axis } from './axes.js';
import { labelPlaces } from './label-places.js';
import type { Spec } from './plot.js';

const LABEL_PX = 13;

/** A point that has its name beside it; x and y as on the axes. */
export interface NamedPoint {
  readonly cache: string;
  readonly text: string;
  readonly x: number;
  readonly y: number;
}

/** A name beside each point of a plot of `height` pixels, moved up or down where two would touch. */
export function pointLabels(
  points: readonly NamedPoint[],
  { x, y, height }: { readonly x: Axis; readonly y: Axis; readonly height: number },
  color: Spec,
): Spec {
  const scale = along(y);
  const wanted = points.map((point) => Math.max(0, Math.min(1, scale.to(point.y))));
  const places = labelPlaces(wanted, LABEL_PX / height);
  return {
    data: { values: points.map((point, i) => ({ ...point, y: scale.from(places[i]) })) },
    mark: { type: 'text', align: 'left', baseline: 'middle', dx: 9, fontSize: 11, fontWeight: 500 },
    encoding: {
      x: channel({ ...x, field: 'x' }),
      y: { field: 'y', type: 'quantitative' },
      text: { field: 'text' },
      color,
    },
  };
}
