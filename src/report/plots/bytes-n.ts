import { domainOf, exactDomain } from '../axes.js';
import { lineChart, seriesOf } from '../lines.js';
import type { Context, Plot, Row } from '../plot.js';
import { fitPower, powerText, theoryText } from '../slope.js';
import { logSampled, MOST_POINTS } from '../sql.js';
import { bytesText, list } from '../words.js';

/** What is held after n tokens: measured, with the power law through it beside the power that the formula has. */
export const bytesN: Plot = {
  id: 'bytes-n',
  title: 'Bytes against n',
  caption:
    'What a cache holds after n tokens, entries and bookkeeping, all heads and layers of a stream. At the end of each line: the power of n through its last two thirds, and in brackets the power that its formula has for long streams.',
  needs: ['steps.resident_bytes', 'steps.metadata_bytes'],
  sql: (context) => `
with streams as (
  select trace, ${context.run} as run, cache, stream_id, step + 1 as n,
    sum(resident_bytes + metadata_bytes) as held_bytes, sum(formula_bytes) as formula_bytes
  from steps${where(context)}
  group by all
)
select run, cache, n, avg(held_bytes) as held_bytes, min(held_bytes) as least_bytes, max(held_bytes) as most_bytes,
  avg(formula_bytes) as formula_bytes
from streams
group by all
order by run, cache, n`,
  sampled: (context) =>
    logSampled(context) === null
      ? null
      : `Of ${context.steps.toLocaleString('en')} steps, one is drawn for each of ${MOST_POINTS} equal parts of the logarithm of n.`,
  spec: (rows, look, context) =>
    lineChart(rows, look, context, {
      x: {
        field: 'n',
        title: 'tokens n',
        log: true,
        kind: 'count',
        domain: exactDomain(
          rows.map((row) => Number(row.n)),
          true,
        ),
      },
      y: {
        ...{ field: 'held_bytes', title: 'bytes held', log: true, kind: 'bytes' },
        domain: domainOf(
          rows.flatMap((row) => [row.least_bytes as number, row.most_bytes as number]),
          true,
        ),
      },
      band: ['least_bytes', 'most_bytes'],
      label: (text, own, cache) => [text, growthText(cache, own, context)].filter(Boolean).join('  '),
    }),
  alt: (rows, context) => {
    const parts = context.groups.flatMap(({ name }) =>
      seriesOf(rows, name).map(([cache, own]) => {
        const last = own.at(-1)!;
        return `${cache} holds ${bytesText(last.held_bytes as number)} after ${last.n} tokens (${growthText(cache, own, context) || 'too few points for a slope'})`;
      }),
    );
    return `Lines on two logarithmic axes, bytes held against tokens. ${list(parts)}.`;
  },
};

function where(context: Context): string {
  const sampled = logSampled(context);
  return sampled === null ? '' : `\n  where ${sampled}`;
}

function growthText(cache: string, rows: readonly Row[], { growth }: Context): string {
  const fit = fitPower(rows.map(({ n, held_bytes }) => [Number(n), Number(held_bytes)]));
  const theory = growth(cache);
  if (fit === null) return '';
  return `${powerText(fit.exponent)}${theory ? ` (${theoryText(theory.bytes)})` : ''}`;
}
