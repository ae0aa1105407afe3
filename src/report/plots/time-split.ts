import { channel, type Axis } from '../axes.js';
import { sideBySide } from '../lines.js';
import type { Look } from '../look.js';
import type { Plot, Row, Spec } from '../plot.js';
import { list, millisecondsText } from '../words.js';

const PARTS = ['append', 'plan', 'kernels'] as const;
const BAR = 22;

/** Where the time of a token goes, and how long it waits before it is taken up. */
export const timeSplit: Plot = {
  id: 'time-split',
  title: 'Where the time goes',
  caption:
    'Mean thread time of one token through all heads and layers: appending it, planning what to attend to, and kernels. Beside it the mean wait from submission to the first tile of a head; caches are served in turn, so a later one waits for those before it. The exact reference is what errors are measured against.',
  needs: ['steps.attend_ns', 'steps.queue_ns'],
  sql: (context) => `
with tokens as (
  select trace, ${context.run} as run, cache, stream_id, step, sum(update_ns) / 1e6 as append_ms,
    sum(coalesce(plan_ns, 0)) / 1e6 as plan_ms, sum(attend_ns) / 1e6 as kernels_ms, avg(queue_ns) / 1e6 as queue_ms,
    sum(reference_ns) / 1e6 as reference_ms
  from steps
  where attend_ns is not null
  group by all
), means as (
  select run, cache, avg(append_ms) as append_ms, avg(plan_ms) as plan_ms, avg(kernels_ms) as kernels_ms,
    avg(queue_ms) as queue_ms, avg(reference_ms) as reference_ms, count(*) as tokens
  from tokens
  group by all
)
select run, cache, append_ms, plan_ms, kernels_ms, queue_ms, tokens from means
union all
select run, 'exact reference', null, null, max(reference_ms), null, max(tokens) from means where reference_ms is not null group by run
order by run, kernels_ms desc`,
  sampled: () => null,
  spec: (rows, look, { groups }) => {
    const runs = groups.map(({ name }) => name).filter((name) => rows.some((row) => row.run === name));
    const panels = runs.flatMap((run) =>
      panelsOf(
        rows.filter((row) => row.run === run),
        run,
        look,
        runs.length > 1,
      ),
    );
    return sideBySide(panels, look, 2);
  },
  alt: (rows: readonly Row[]) => {
    const parts = rows.map((row) => {
      const rest =
        row.queue_ms === null
          ? ''
          : `, append ${millisecondsText(row.append_ms as number)}, plan ${millisecondsText(row.plan_ms as number)}, wait ${millisecondsText(row.queue_ms as number)}`;
      return `${row.cache}: kernels ${millisecondsText(row.kernels_ms as number)}${rest}`;
    });
    return `Bars of the mean time of a token. ${list(parts, 24)}.`;
  },
};

function panelsOf(rows: readonly Row[], run: string, look: Look, many: boolean): readonly Spec[] {
  const total = (row: Row) => PARTS.reduce((sum, part) => sum + Number(row[`${part}_ms`] ?? 0), 0);
  const order = [...rows].sort((a, b) => total(b) - total(a)).map(({ cache }) => String(cache));
  const longest = Math.max(...order.map((cache) => cache.length));
  // both panels name their bars: in a narrow window they stand under each other
  const names: Spec = {
    ...{ field: 'cache', type: 'nominal', sort: order, scale: { paddingInner: 0.3 } },
    axis: {
      ...{ title: null, labelFontSize: 11, labelColor: look.ink, labelLimit: 220 },
      ...{ domain: false, ticks: false },
    },
  };
  const own = { filter: { field: 'run', equal: run } };
  const colours = [look.heat[2], look.mid, look.heat[5]];
  const height = { step: BAR };
  const width = look.width(2, Math.round(34 + 6.2 * longest));
  const x = (field: string, title: string, values: readonly number[]): Axis => {
    return { field, title, kind: 'ms', domain: [0, Math.max(...values, 1e-6) * 1.04] };
  };
  const heading = (text: string) => ({ text, anchor: 'start', fontSize: 12, fontWeight: 600, offset: 6 });
  const stack: Spec = {
    ...{ width, height, title: heading(many ? `${run}: thread time` : 'thread time') },
    transform: [
      own,
      { fold: PARTS.map((part) => `${part}_ms`), as: ['part', 'ms'] },
      { filter: 'isValid(datum.ms)' },
      { calculate: "replace(datum.part, '_ms', '')", as: 'part' },
      { calculate: "indexof(['append', 'plan', 'kernels'], datum.part)", as: 'place' },
    ],
    mark: { type: 'bar' },
    encoding: {
      y: names,
      x: { ...channel(x('ms', 'per token', rows.map(total))), stack: 'zero' },
      order: { field: 'place', type: 'quantitative' },
      color: {
        ...{ field: 'part', type: 'nominal', scale: { domain: [...PARTS], range: colours } },
        legend: { title: null, orient: 'bottom', direction: 'horizontal', symbolType: 'square' },
      },
    },
  };
  const wait: Spec = {
    ...{ width, height, title: heading('wait in the queue') },
    transform: [own],
    mark: { type: 'bar', color: look.mid },
    encoding: {
      y: names,
      x: channel(
        x(
          'queue_ms',
          'per head and token',
          rows.map((row) => Number(row.queue_ms ?? 0)),
        ),
      ),
    },
  };
  return [stack, wait];
}
