import { domainOf, exactDomain, type Axis } from './axes.js';
import { lineChart, seriesOf } from './lines.js';
import type { Context, Plot, Row } from './plot.js';
import { fitPower, powerText, theoryText } from './slope.js';
import { list } from './words.js';

/** What grows with the tokens of a stream. */
export interface Growing extends Omit<Plot, 'spec' | 'alt'> {
  /** What grows: a column with a title. */
  readonly y: Pick<Axis, 'field' | 'title' | 'kind'>;
  /** Columns of the band around it. */
  readonly band: readonly [least: string, most: string];
  /** What theory says of its growth. */
  readonly theory: 'bytes' | 'time';
  /** It in words: of all lines, and of the end of one. */
  readonly words: { readonly all: string; end(value: number, n: number): string };
}

/** Something against n on two logarithmic axes; at the end of each line its power of n, measured and in theory. */
export function growthPlot({ y, band, theory, words, ...plot }: Growing): Plot {
  const growthText = (cache: string, rows: readonly Row[], { growth }: Context): string => {
    const fit = fitPower(rows.map((row) => [Number(row.n), Number(row[y.field])]));
    const known = growth(cache);
    if (fit === null) return '';
    return `${powerText(fit.exponent)}${known ? ` (${theoryText(known[theory])})` : ''}`;
  };
  return {
    ...plot,
    spec: (rows, look, context) => {
      const tokens = rows.map((row) => Number(row.n));
      const values = rows.flatMap((row) => band.map((field) => row[field] as number));
      return lineChart(rows, look, context, {
        x: { field: 'n', title: 'tokens n', log: true, kind: 'count', domain: exactDomain(tokens, true) },
        y: { ...y, log: true, domain: domainOf(values, true) },
        band,
        label: (text, own, cache) => [text, growthText(cache, own, context)].filter(Boolean).join('  '),
      });
    },
    alt: (rows, context) => {
      const parts = context.groups.flatMap(({ name }) =>
        seriesOf(rows, name).map(([cache, own]) => {
          const last = own.at(-1)!;
          const end = words.end(Number(last[y.field]), Number(last.n));
          return `${cache} ${end} (${growthText(cache, own, context) || 'too few points for a slope'})`;
        }),
      );
      return `Lines on two logarithmic axes, ${words.all}. ${list(parts)}.`;
    },
  };
}
