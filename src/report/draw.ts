import * as vega from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import { Failure } from '../core/failure.js';
import { configOf } from './config.js';
import { look, type ThemeName } from './look.js';
import type { Context, Plot, Row, Spec } from './plot.js';
import { textWidth } from './text-width.js';

/** How a picture is drawn. */
export interface Picture {
  readonly theme: ThemeName;
  /** Pixels of the whole picture, margins included. */
  readonly width: number;
  /** Write a title above it. */
  readonly titled?: boolean;
  readonly font?: string;
}

/** The whole Vega-Lite spec of a plot, rows and config in it; its panels share `room` pixels, and labels stand beside them. */
export function wholeSpec(
  plot: Plot,
  rows: readonly Row[],
  context: Context,
  picture: Picture,
  room = picture.width,
): Spec {
  const seen = look(picture.theme, picture.width, room);
  const spec = plot.spec(rows, seen, context);
  const title = picture.titled
    ? { title: { text: plot.title, anchor: 'start', fontSize: 15, offset: 18 } }
    : {};
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    description: plot.alt(rows, context),
    ...title,
    ...spec,
    datasets: { rows },
    config: configOf(seen, picture.font),
  };
}

/** As much of a text as Vega lays out. */
interface TextItem {
  readonly fontSize?: number;
  readonly fontWeight?: string | number;
  /** Most pixels: what is longer is cut; 0: none. */
  readonly limit?: number;
}

// Without a canvas Vega takes every character for 0.8 em: plots would have a third of their labels' width as empty paper
// beside them. Its `textMetrics` may be replaced, which its types do not say.
const { textMetrics } = vega as unknown as {
  readonly textMetrics: { width: (item: TextItem, text: unknown) => number };
};
textMetrics.width = ({ fontSize = 11, fontWeight = 400, limit = 0 }, text) => {
  const bold = fontWeight === 'bold' || Number(fontWeight) >= 600;
  return Math.min(textWidth(String(text ?? '').trim(), fontSize, bold), limit > 0 ? limit : Infinity);
};

/** Draw a plot as SVG, without a browser. The same rows give the same text. */
export async function drawSvg(spec: Spec): Promise<string> {
  const compiled = compile(spec as unknown as TopLevelSpec).spec;
  const view = new vega.View(vega.parse(compiled), { renderer: 'none' });
  try {
    return `${short(await view.toSVG())}\n`;
  } finally {
    view.finalize();
  }
}

/** Coordinates with three decimals: a thousandth of a pixel is not seen, and the last bits of a sum are not worth a change. */
function short(svg: string): string {
  return svg.replace(/ (?:d|transform|[xy][12]?|width|height)="[^"]*"/g, (attribute) =>
    attribute.replace(/-?\d+\.\d{4,}(?:e-?\d+)?/g, (number) => String(Number(Number(number).toFixed(3)))),
  );
}

/**
 * An SVG as PNG, `scale` pixels a unit, with the fonts of this system.
 * @throws Failure `not-found` when the renderer is not installed
 */
export async function svgToPng(svg: string, scale: number): Promise<Uint8Array> {
  const { Resvg } = await import('@resvg/resvg-js').catch((error: unknown) => {
    throw new Failure(
      'not-found',
      'PNG needs the package @resvg/resvg-js, which is not installed here',
      'npm install @resvg/resvg-js, or name an .svg file',
      { cause: error },
    );
  });
  const font = {
    loadSystemFonts: true,
    defaultFontFamily: 'Liberation Sans',
    sansSerifFamily: 'Liberation Sans',
  };
  return new Resvg(svg, { fitTo: { mode: 'zoom', value: scale }, font }).render().asPng();
}
