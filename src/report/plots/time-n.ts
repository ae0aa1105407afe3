import { domainOf, exactDomain } from '../axes.js';
import { lineChart, seriesOf } from '../lines.js';
import type { Context, Plot, Row } from '../plot.js';
import { fitPower, powerText, theoryText } from '../slope.js';
import { logBin } from '../sql.js';
import { list, millisecondsText } from '../words.js';

const POINTS = 40;

/** What a token costs after n tokens: measured thread time, with the power law through it beside the power of the formula. */
export const timeN: Plot = {
  id: 'time-n',
  title: 'Time against n',
  caption:
    'Thread time of one token after n others, all heads and layers: append, plan and kernels. Median and a band from the 10th to the 90th percentile of the tokens of a point. At the end of each line: the power of n through its last two thirds, and in brackets the power of the operations in its formula for long streams.',
  needs: ['steps.attend_ns', 'steps.update_ns'],
  sql: (context) => `
with tokens as (
  select trace, ${context.run} as run, cache, stream_id, step,
    sum(update_ns + coalesce(plan_ns, 0) + attend_ns) / 1e6 as ms
  from steps
  where attend_ns is not null
  group by all
)
select run, cache, quantile_disc(step, 0.5) + 1 as n,
  quantile_disc(ms, 0.1) as ms_p10, quantile_disc(ms, 0.5) as ms_p50, quantile_disc(ms, 0.9) as ms_p90, count(ms) as tokens
from tokens
group by run, cache, ${logBin(context, POINTS)}
order by run, cache, n`,
  sampled: ({ steps }) =>
    steps <= POINTS
      ? null
      : `Each point takes the tokens of one of ${POINTS} equal parts of the logarithm of n.`,
  spec: (rows, look, context) => {
    const times = rows.flatMap((row) => [row.ms_p10 as number, row.ms_p90 as number]);
    return lineChart(rows, look, context, {
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
        field: 'ms_p50',
        title: 'thread time per token',
        log: true,
        kind: 'ms',
        domain: domainOf(times, true),
      },
      band: ['ms_p10', 'ms_p90'],
      label: (text, own, cache) => [text, growthText(cache, own, context)].filter(Boolean).join('  '),
    });
  },
  alt: (rows, context) => {
    const parts = context.groups.flatMap(({ name }) =>
      seriesOf(rows, name).map(([cache, own]) => {
        const last = own.at(-1)!;
        return `${cache} takes ${millisecondsText(last.ms_p50 as number)} at ${last.n} tokens (${growthText(cache, own, context) || 'too few points for a slope'})`;
      }),
    );
    return `Lines on two logarithmic axes, thread time of a token against tokens before it. ${list(parts)}.`;
  },
};

function growthText(cache: string, rows: readonly Row[], { growth }: Context): string {
  const fit = fitPower(rows.map(({ n, ms_p50 }) => [Number(n), Number(ms_p50)]));
  const theory = growth(cache);
  if (fit === null) return '';
  return `${powerText(fit.exponent)}${theory ? ` (${theoryText(theory.time)})` : ''}`;
}
