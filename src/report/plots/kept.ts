import { domainOf, exactDomain } from '../axes.js';
import { lineChart, seriesOf } from '../lines.js';
import type { Plot } from '../plot.js';
import { binText, binWidth } from '../sql.js';
import { list, numberText } from '../words.js';

/** How many atoms a query can see, as the stream grows. */
export const kept: Plot = {
  id: 'kept',
  title: 'Atoms kept',
  caption:
    'Rows that a query can see, per head: the line is the mean of both sides (side 1 alone in matrix order), the band reaches from the side with fewer to the side with more.',
  needs: ['steps.kept_side1'],
  sql: (context) => {
    const width = binWidth(context);
    return `
with sides as (
  select ${context.run} as run, cache, ${width === 1 ? 'step' : `step // ${width} * ${width} as step`},
    avg(kept_side1) as kept_side1, avg(kept_side2) as kept_side2, avg(evicted_side1) as evicted_side1,
    avg(evicted_side2) as evicted_side2
  from steps
  group by all
)
select run, cache, step, if(kept_side2 = 0, kept_side1, (kept_side1 + kept_side2) / 2) as kept,
  kept_side1, kept_side2, evicted_side1, evicted_side2,
  if(kept_side2 = 0, kept_side1, least(kept_side1, kept_side2)) as fewer, greatest(kept_side1, kept_side2) as more
from sides
order by run, cache, step`;
  },
  sampled: (context) => binText(context),
  spec: (rows, look, context) =>
    lineChart(rows, look, context, {
      x: {
        field: 'step',
        title: 'step',
        kind: 'count',
        domain: exactDomain(rows.map((row) => Number(row.step))),
      },
      y: {
        field: 'kept',
        title: 'atoms kept per side',
        kind: 'count',
        domain: domainOf(rows.map((row) => row.more as number)),
      },
      band: ['fewer', 'more'],
    }),
  alt: (rows, { groups }) => {
    const parts = groups.flatMap(({ name }) =>
      seriesOf(rows, name).map(([cache, own]) => {
        const last = own.at(-1)!;
        return `${cache} keeps ${numberText(last.kept_side1 as number)} and ${numberText(last.kept_side2 as number)} at step ${last.step}`;
      }),
    );
    return `Lines of the atoms kept per side against the step. ${list(parts)}.`;
  },
};
