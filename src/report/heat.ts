import type { Look } from './look.js';
import type { Spec } from './plot.js';

/** What a heat map colours by. */
export interface HeatScale {
  readonly field: string;
  readonly title: string;
  readonly domain: readonly [number, number];
  readonly log?: boolean;
  readonly format?: string;
}

/** The colour channel of a heat map: from paper to the darkest tone, its legend above. */
export function heatOf({ field, title, domain, log = false, format = '~r' }: HeatScale, look: Look): Spec {
  return {
    field,
    type: 'quantitative',
    scale: {
      type: log ? 'log' : 'linear',
      domain: [...domain],
      range: [...look.heat],
      clamp: true,
      nice: false,
    },
    legend: { title, format, tickCount: 4, direction: 'horizontal' },
  };
}
