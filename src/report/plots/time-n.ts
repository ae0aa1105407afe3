import { growthPlot } from '../growth-plot.js';
import { logBin } from '../sql.js';
import { millisecondsText } from '../words.js';

const POINTS = 40;

/** What a token costs after n tokens: measured thread time, with the power law through it beside the power of the formula. */
export const timeN = growthPlot({
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
  y: { field: 'ms_p50', title: 'thread time per token', kind: 'ms' },
  band: ['ms_p10', 'ms_p90'],
  theory: 'time',
  words: {
    all: 'thread time of a token against tokens before it',
    end: (ms, n) => `takes ${millisecondsText(ms)} at ${n} tokens`,
  },
});
