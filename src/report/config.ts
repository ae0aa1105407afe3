import type { Look } from './look.js';
import type { Spec } from './plot.js';

/** The type that plots are set in. */
export const FONT =
  "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Liberation Sans', Arial, sans-serif";

/** Vega's config for a look: quiet axes, titles of y above the axis and level, no frame. */
export function configOf(look: Look, font = FONT): Spec {
  const axis = {
    ...{ labelColor: look.soft, titleColor: look.ink, domainColor: look.faint, tickColor: look.faint },
    ...{ gridColor: look.faint, labelFontSize: 11, titleFontSize: 11.5, titleFontWeight: 500, tickSize: 4 },
  };
  return {
    font,
    background: look.paper,
    padding: { left: 2, right: 4, top: 6, bottom: 2 },
    aria: false, // the figure says in words what it shows; single marks would be thousands of stops
    view: { stroke: null },
    axis: { ...axis, labelPadding: 5, titlePadding: 8, labelFlush: false },
    axisX: { grid: false, labelOverlap: 'greedy', labelSeparation: 6 },
    axisY: {
      ...{ ticks: false, domain: false, titleAngle: 0, titleAlign: 'left', titleAnchor: 'end' },
      ...{ titleBaseline: 'bottom', titleX: 0, titleY: -9 },
    },
    title: { color: look.ink, subtitleColor: look.soft },
    legend: {
      ...{ labelColor: look.soft, titleColor: look.ink, titleFontWeight: 500, titleFontSize: 11 },
      ...{
        labelFontSize: 11,
        labelLimit: 320,
        gradientLength: 160,
        gradientThickness: 8,
        orient: 'top',
        titleAnchor: 'start',
      },
    },
    range: { heatmap: [...look.heat], ramp: [...look.heat] },
    concat: { spacing: 28 },
  };
}
