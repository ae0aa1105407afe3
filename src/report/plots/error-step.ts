import { domainOf, exactDomain } from '../axes.js';
import { lineChart, seriesOf } from '../lines.js';
import type { Plot } from '../plot.js';
import { binText, binWidth } from '../sql.js';
import { list, numberText } from '../words.js';

/** How the error goes on as the stream grows: median, and a band from the 10th to the 90th percentile. */
export const errorStep: Plot = {
  id: 'error-step',
  title: 'Error against step',
  caption:
    'Distance from exact attention, ‖o − ô‖ / ‖o‖: the median over heads, layers, streams and the steps of a point, with a band from the 10th to the 90th percentile.',
  needs: ['steps.err_rel_l2'],
  sql: (context) => {
    const width = binWidth(context);
    return `
select ${context.run} as run, cache, ${width === 1 ? 'step' : `step // ${width} * ${width} as step`},
  quantile_disc(err_rel_l2, 0.1) as p10, quantile_disc(err_rel_l2, 0.5) as p50, quantile_disc(err_rel_l2, 0.9) as p90,
  max(err_rel_l2) as most, count(err_rel_l2) as answers
from steps
where err_rel_l2 is not null
group by all
order by run, cache, step`.trim();
  },
  sampled: (context) => binText(context),
  spec: (rows, look, context) => {
    const errors = rows.flatMap((row) => [row.p10 as number, row.p90 as number, row.p50 as number]);
    return lineChart(rows, look, context, {
      x: {
        field: 'step',
        title: 'step',
        kind: 'count',
        domain: exactDomain(rows.map((row) => Number(row.step))),
      },
      y: { field: 'p50', title: 'relative error', log: true, kind: 'error', domain: domainOf(errors, true) },
      band: ['p10', 'p90'],
    });
  },
  alt: (rows, { groups }) => {
    const parts = groups.flatMap(({ name }) =>
      seriesOf(rows, name).map(([cache, own]) => {
        const [first, last] = [own[0], own.at(-1)!];
        return `${cache} goes from ${numberText(first.p50 as number)} at step ${first.step} to ${numberText(last.p50 as number)} at step ${last.step}`;
      }),
    );
    return `Lines of the median relative error, logarithmic, against the step. ${list(parts)}.`;
  },
};
