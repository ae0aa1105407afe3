import { drawSvg, wholeSpec, type Picture } from './draw.js';
import type { Context, Plot, Row, Spec } from './plot.js';

const TRIES = 4; // the second mostly fits; ticks that come or go with the room can take one more

/**
 * Draw a plot as SVG that is `picture.width` wide to the pixel. How much labels and axes take beside the panels is seen when
 * they are drawn: panels then get what is left. A plot of cells that keep their size has paper beside it, and one that
 * cannot be so narrow is made smaller as a whole.
 */
export async function drawToWidth(
  plot: Plot,
  rows: readonly Row[],
  context: Context,
  picture: Picture,
): Promise<string> {
  const { width } = picture;
  let room = width;
  let spec = wholeSpec(plot, rows, context, picture, room);
  let drawn = await drawSvg(spec);
  let taken = widthOf(drawn);
  for (let i = 0; i < TRIES && taken !== width; i++) {
    const next = wholeSpec(plot, rows, context, picture, room - (taken - width));
    const svg = await drawSvg(next);
    if (!isCloser(widthOf(svg), taken, width)) break;
    room -= taken - width;
    [spec, drawn, taken] = [next, svg, widthOf(svg)];
  }
  if (taken < width) drawn = await drawSvg(withPaper(spec, width - taken));
  return scaledTo(width, drawn);
}

/** Too wide is further off than too narrow: paper can be put beside it. */
function isCloser(next: number, best: number, wanted: number): boolean {
  if (next > wanted) return next < best;
  return best > wanted || next > best;
}

function withPaper(spec: Spec, px: number): Spec {
  const config = spec.config as { readonly padding: { readonly right: number } };
  const padding = { ...config.padding, right: config.padding.right + px };
  return { ...spec, config: { ...config, padding } };
}

const SIZE = /^<svg ([^>]*?)width="([\d.]+)" height="([\d.]+)"/;

function widthOf(svg: string): number {
  return Number(SIZE.exec(svg)![2]);
}

function scaledTo(width: number, svg: string): string {
  const scale = width / widthOf(svg);
  if (scale === 1) return svg;
  return svg.replace(
    SIZE,
    (_, before: string, __, height: string) =>
      `<svg ${before}width="${width}" height="${Number((scale * Number(height)).toFixed(3))}"`,
  );
}
