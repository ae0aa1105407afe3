import { channel, type Axis } from '../axes.js';
import { hover, panelTitle, sideBySide } from '../lines.js';
import type { Look } from '../look.js';
import type { Context, Plot, Row, Spec } from '../plot.js';
import { list, percentText } from '../words.js';

const MOST_BINS = 80;
const PARTS = ['kernels', 'reference', 'main'] as const;

/** How much of the threads' time was work. */
export const threads: Plot = {
  id: 'threads',
  title: 'Thread utilisation',
  caption:
    'Share of the time of all threads that was spent in kernels of caches, in the exact reference, and by the main thread appending and planning, over the time of the run. What is missing to 100 % was waiting, journal and everything else. On a busy machine work contains the waiting for a processor.',
  needs: ['steps.t_ns', 'steps.attend_ns'],
  sql: (context) => {
    const known = threadsOf(context);
    if (known.length === 0)
      return { missing: 'run.json of these traces does not say how many threads there were' };
    const values = known.map(([trace, count]) => `('${trace.replaceAll("'", "''")}', ${count})`).join(', ');
    return `
with threads(trace, threads) as (values ${values}),
heads as (
  select trace, stream_id, layer, head, step, max(t_ns) as t_ns, sum(attend_ns) as kernels_ns,
    max(coalesce(reference_ns, 0)) as reference_ns, sum(update_ns + coalesce(plan_ns, 0)) as main_ns
  from steps
  group by all
), tokens as (
  select trace, stream_id, step, max(t_ns) as until_ns, sum(kernels_ns) as kernels_ns, sum(reference_ns) as reference_ns,
    sum(main_ns) as main_ns
  from heads
  group by all
), spans as (
  select trace, min(until_ns) as start_ns, greatest(max(until_ns) - min(until_ns), 1) as span_ns,
    least(${MOST_BINS}, greatest(1, count(*) // 4)) as bins
  from tokens
  group by trace
), placed as ( -- the work of a token lies between the end of the token before it and its own, in units of bins
  select *, (lag(until_ns) over (partition by trace order by until_ns) - start_ns) / span_ns * bins as begins,
    (until_ns - start_ns) / span_ns * bins as ends
  from tokens join spans using (trace)
), cut as (
  select *, unnest(range(least(floor(begins), bins - 1)::int, greatest(ceil(ends), least(floor(begins), bins - 1) + 1)::int)) as bin
  from placed
  where begins is not null
), binned as (
  select trace, bin, any_value(span_ns / bins) as width_ns, sum(kernels_ns * part) as kernels_ns,
    sum(reference_ns * part) as reference_ns, sum(main_ns * part) as main_ns
  from (select *, if(ends > begins, (least(ends, bin + 1) - greatest(begins, bin)) / (ends - begins), 1) as part from cut)
  group by trace, bin
)
select ${context.run} as run, (bin + 0.5) * avg(width_ns) / 1e9 as seconds, avg(kernels_ns / (width_ns * threads)) as kernels,
  avg(reference_ns / (width_ns * threads)) as reference, avg(main_ns / (width_ns * threads)) as main, max(threads) as threads
from binned join threads using (trace)
group by run, bin
order by run, seconds`;
  },
  sampled: () => `The time of a run is cut into at most ${MOST_BINS} equal parts.`,
  spec: (rows, look, { groups }) => {
    const runs = groups.map(({ name }) => name).filter((name) => rows.some((row) => row.run === name));
    const colours = [look.heat[5], look.heat[3], look.mid];
    const panels = runs.map((run, at): Spec => {
      const own = rows.filter((row) => row.run === run);
      const most = Math.max(1, ...own.map(total));
      const x: Axis = {
        field: 'seconds',
        title: 'seconds since the first step',
        kind: 'plain',
        domain: [0, Math.max(1e-9, ...own.map((row) => Number(row.seconds)))],
      };
      const y: Axis = {
        field: 'share',
        title: `share of ${own[0].threads} thread${own[0].threads === 1 ? '' : 's'}`,
        kind: 'share',
        domain: [0, most],
      };
      return {
        ...{ width: look.width(Math.min(2, runs.length), 70), height: 200 },
        ...(runs.length > 1 ? { title: panelTitle(run) } : {}),
        transform: [{ filter: { field: 'run', equal: run } }],
        layer: [stacked(own, x, y, colours), onTop(at, x, y, look)],
      };
    });
    return sideBySide(panels, look);
  },
  alt: (rows, { groups }) => {
    const parts = groups.flatMap(({ name }) => {
      const own = rows.filter((row) => row.run === name);
      if (own.length === 0) return [];
      const mean = own.reduce((sum, row) => sum + total(row), 0) / own.length;
      return [`${name}: on average ${percentText(mean)} of ${own[0].threads} threads was work`];
    });
    return `Areas of the share of thread time spent working, over the run. ${list(parts)}.`;
  },
};

/** The parts of the time upon each other. */
function stacked(rows: readonly Row[], x: Axis, y: Axis, range: readonly string[]): Spec {
  return {
    transform: [
      { fold: [...PARTS], as: ['part', 'share'] },
      { calculate: "indexof(['kernels', 'reference', 'main'], datum.part)", as: 'place' },
    ],
    mark: rows.length < 3 ? { type: 'bar', size: 14 } : { type: 'area', line: false },
    encoding: {
      x: channel(x),
      y: { ...channel(y), stack: 'zero' },
      order: { field: 'place', type: 'quantitative' },
      color: {
        ...{ field: 'part', type: 'nominal', scale: { domain: [...PARTS], range: [...range] } },
        legend: {
          title: null,
          orient: 'bottom',
          direction: 'horizontal',
          symbolType: 'square',
          labelExpr:
            "datum.label == 'main' ? 'append, plan' : datum.label == 'reference' ? 'exact reference' : 'kernels'",
        },
      },
    },
  };
}

/** An area is one mark for all rows: the points on top of it are what the pointer finds. */
function onTop(at: number, x: Axis, y: Axis, look: Look): Spec {
  return {
    transform: [{ calculate: PARTS.map((part) => `datum.${part}`).join(' + '), as: 'share' }],
    ...hover(at, { x: channel(x), y: channel(y), color: { value: look.ink } }, look),
  };
}

function total(row: Row): number {
  return PARTS.reduce((sum, part) => sum + Number(row[part]), 0);
}

function threadsOf({ groups }: Context): readonly (readonly [string, number])[] {
  return groups.flatMap(({ traces }) =>
    traces.flatMap(({ label, run }) =>
      typeof run.execution.threads === 'number' ? [[label, run.execution.threads] as const] : [],
    ),
  );
}
