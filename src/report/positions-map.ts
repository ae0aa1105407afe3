import { channel, type Axis } from './axes.js';
import { heatOf, type HeatScale } from './heat.js';
import type { Look } from './look.js';
import type { Context, Row, Spec } from './plot.js';

/** Steps that a heat map over positions shows at most. */
export const MOST_COLUMNS = 64;

/**
 * SQL for rows of `measures` whose x is a position: `series`, step, the span [from_pos, to_pos) of the bin and the mean value.
 * Bins are cut as the operators cut them: bin b of B over n positions starts at ⌊b·n/B⌋.
 */
export function positionSql(context: Context, names: string, series: string): string {
  return `
with looked as (
  select trace, step, row_number() over (partition by trace order by step) as nth, count(*) over (partition by trace) as looks
  from (select distinct trace, step from measures where name like '${names}')
), shown as (
  select trace, step, coalesce(lead(step) over by_step, 2 * step - lag(step) over by_step, step + 1) as until_step
  from looked
  where (nth - 1) % greatest(1, ceil(looks / ${MOST_COLUMNS}.0)::int) = 0
  window by_step as (partition by trace order by step)
), bins as (
  select trace, ${context.run} as run, ${series} as series, step, until_step, value, step + 1 as n, count(*) over bin_row as bins,
    row_number() over (bin_row order by x) - 1 as bin
  from measures join shown using (trace, step)
  where name like '${names}'
  window bin_row as (partition by trace, stream_id, layer, head, cache, name, step)
)
select run, series, step, max(until_step) as until_step, floor(bin * n / bins)::int as from_pos,
  floor((bin + 1) * n / bins)::int as to_pos, avg(value) as share
from bins
group by run, series, step, from_pos, to_pos
order by run, series, step, from_pos`;
}

/** One panel: steps to the right, positions upwards, a rectangle a bin. */
export function positionPanel(
  rows: readonly Row[],
  look: Look,
  { run, series, heat, width }: { run: string; series: string; heat: HeatScale; width: number | string },
): Spec {
  const last = Math.max(...rows.map((row) => Number(row.until_step)));
  const x: Axis = { field: 'step', title: 'step', kind: 'count', domain: [0, last] };
  const y: Axis = {
    field: 'from_pos',
    title: 'position',
    kind: 'count',
    domain: [0, Math.max(...rows.map((row) => Number(row.to_pos)))],
  };
  return {
    ...{ width, height: 220 },
    transform: [{ filter: { field: 'run', equal: run } }, { filter: { field: 'series', equal: series } }],
    mark: { type: 'rect', yOffset: 0.7, x2Offset: 0.7 }, // under its neighbours: no paper shines through between them
    encoding: {
      x: channel(x),
      x2: { field: 'until_step' },
      y: { ...channel(y), axis: { ...(channel(y).axis as object), grid: false } },
      y2: { field: 'to_pos' },
      color: heatOf(heat, look),
    },
  };
}

/** Runs and series, in the order of the groups and of the rows. */
export function seriesIn(
  rows: readonly Row[],
  { groups }: Context,
): readonly { run: string; series: string }[] {
  return groups.flatMap(({ name: run }) => {
    const own = rows.filter((row) => row.run === run);
    return [...new Set(own.map((row) => String(row.series)))].map((series) => ({ run, series }));
  });
}
