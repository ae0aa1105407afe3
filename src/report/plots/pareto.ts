import { channel, domainOf, type Axis } from '../axes.js';
import { styleOfName, type CacheStyle } from '../colours.js';
import { colourOf, panelTitle, shapeOf, sideBySide } from '../lines.js';
import type { Look } from '../look.js';
import type { Context, Plot, Row, Spec } from '../plot.js';
import { pointLabels, type NamedPoint } from '../point-labels.js';
import { bytesText, list, numberText } from '../words.js';

/** Below this an error is rounding of float32, and the cache is exact for what a plot can show. */
const EXACT = 1e-5;
/** SQL for the bytes behind the @ of a label that `compare` made; null without. */
const BUDGET = `try_cast(regexp_extract(cache, '@(\\d+)', 1) as double) * case regexp_extract(cache, '@\\d+(\\w+)$', 1)
    when 'B' then 1 when 'KiB' then 1024 when 'MiB' then 1048576 when 'GiB' then 1073741824 end`;
const HEIGHT = 320;
const STRIP = 34;

/** What an error costs: mean error against the bytes that a head holds. */
export const pareto: Plot = {
  id: 'pareto',
  title: 'Error against bytes',
  caption:
    'Mean relative error against the most bytes that one head of one layer held. Down and left is better. Dashed: random eviction, which any policy should beat, and the oracle, which holds everything and reads the heaviest pairs (it stands at the budget that it reads): no selection of as many loses less mass, but its error is no bound, for merging can beat it. Caches with an error of rounding only stand in the strip below.',
  needs: ['steps.err_rel_l2', 'steps.resident_bytes', 'steps.metadata_bytes'],
  sql: (context) =>
    `
with heads as (
  select ${context.run} as run, trace, cache, max(resident_bytes + metadata_bytes) as held_bytes,
    avg(err_rel_l2) as error, quantile_disc(err_rel_l2, 0.99) as error_p99
  from steps
  group by run, trace, cache, layer, head
), traces as (
  select run, trace, cache, avg(held_bytes) as held_bytes, avg(error) as error, max(error_p99) as error_p99
  from heads
  group by all
)
select run, cache, any_value(plugin) as plugin, avg(held_bytes) as held_bytes,
  coalesce(any_value(if(plugin = 'oracle-top-k', ${BUDGET}, null)), avg(held_bytes)) as at_bytes, avg(error) as error_mean,
  min(error) as error_least, max(error) as error_most, max(error_p99) as error_p99, count(*) as traces
from traces left join (select trace, cache, plugin from caches) using (trace, cache)
where error is not null
group by run, cache
order by run, at_bytes, cache`.trim(),
  sampled: () => null,
  spec: (rows, look, context) => {
    const runs = context.groups
      .map(({ name }) => name)
      .filter((name) => rows.some((row) => row.run === name));
    const axes = axesOf(rows);
    const panels = runs.map((run) => ({
      ...panel(
        rows.filter((row) => row.run === run),
        look,
        context,
        run,
        axes,
        Math.min(2, runs.length),
      ),
      ...(runs.length > 1 ? { title: panelTitle(run) } : {}),
    }));
    return sideBySide(panels, look);
  },
  alt: (rows) =>
    `Points of mean relative error against bytes per head. ${list(
      rows.map(
        (row) =>
          `${row.cache}: ${bytesText(row.held_bytes as number)}, error ${numberText(row.error_mean as number)}`,
      ),
      24,
    )}.`,
};

function axesOf(rows: readonly Row[]): { x: Axis; y: Axis } {
  const seen = rows
    .filter((row) => !isExact(row))
    .flatMap((row) => [row.error_least as number, row.error_most as number]);
  const bytes = rows.map((row) => row.at_bytes as number);
  const [low, high] = domainOf(bytes, true);
  return {
    x: {
      field: 'at_bytes',
      title: 'bytes held per head',
      log: true,
      kind: 'bytes',
      domain: [low / 1.15, high * 1.15],
    },
    y: {
      field: 'error_mean',
      title: 'mean relative error',
      log: true,
      kind: 'error',
      domain: domainOf(seen, true),
    },
  };
}

function isExact(row: Row): boolean {
  return Number(row.error_mean) < EXACT;
}

function panel(
  rows: readonly Row[],
  look: Look,
  { styles }: Context,
  run: string,
  { x, y }: { x: Axis; y: Axis },
  wanted: number,
): Spec {
  const own = { filter: { field: 'run', equal: run } };
  const caches = rows.map(({ cache }) => String(cache));
  const named = withPlugins(rows, styles);
  const colour = colourOf([...named.keys()], named, look);
  const shape = shapeOf([...named.keys()], named);
  const margin = 66 + 14 + 6.2 * Math.max(6, ...caches.map((cache) => nameOf(cache).length));
  const width = look.width(wanted, Math.round(margin));
  const far = rows.filter((row) => !isExact(row));
  const exact = rows.filter(isExact);
  const points = (condition: string, encoding: Spec, size = 90): Spec => ({
    transform: [own, { filter: condition }],
    mark: { type: 'point', filled: true, size, opacity: 1, stroke: look.paper, strokeWidth: 1 },
    encoding: { ...encoding, color: colour, shape },
  });
  const xChannel = channel(x);
  const main: Spec = {
    ...{ width, height: HEIGHT },
    layer: [
      ...lines(own, xChannel, channel(y), colour),
      {
        transform: [own, { filter: `datum.error_mean >= ${EXACT} && datum.traces > 1` }],
        mark: { type: 'rule', strokeWidth: 1.5 },
        encoding: {
          x: xChannel,
          y: { ...channel(y), field: 'error_least' },
          y2: { field: 'error_most' },
          color: colour,
        },
      },
      points(`datum.error_mean >= ${EXACT}`, { x: xChannel, y: channel(y) }),
      pointLabels(endsOf(far).map(namedPoint), { x, y, height: HEIGHT }, colour),
    ],
  };
  if (exact.length === 0) return main;
  const bare = { ...xChannel, axis: null };
  const strip: Spec = {
    ...{ width, height: STRIP * Math.max(1, exact.length / 2) },
    layer: [
      points(`datum.error_mean < ${EXACT}`, { x: bare, y: { field: 'cache', type: 'nominal', axis: null } }),
      {
        transform: [own, { filter: `datum.error_mean < ${EXACT}` }],
        mark: { type: 'text', align: 'left', dx: 9, baseline: 'middle', fontSize: 11, fontWeight: 500 },
        encoding: {
          x: bare,
          y: { field: 'cache', type: 'nominal', axis: null },
          text: { field: 'cache' },
          color: colour,
        },
      },
    ],
    title: {
      text: 'error below 1e-5: rounding',
      anchor: 'start',
      fontSize: 11,
      fontWeight: 400,
      color: look.soft,
      offset: 2,
    },
  };
  return far.length === 0 ? { ...strip, layer: strip.layer } : { vconcat: [main, strip], spacing: 14 };
}

/** Lines through one plug-in at several budgets, dashed for the lines that a policy is measured by. */
function lines(own: Spec, x: Spec, y: Spec, colour: Spec): readonly Spec[] {
  const line = (filter: string, dash: readonly number[]): Spec => ({
    transform: [own, { filter: `datum.error_mean >= ${EXACT} && datum.plugin != null && (${filter})` }],
    mark: { type: 'line', strokeWidth: 1.2, strokeDash: [...dash], opacity: 0.8 },
    encoding: { x, y, detail: { field: 'plugin', type: 'nominal' }, color: { ...colour, field: 'plugin' } },
  });
  return [
    line("datum.plugin == 'oracle-top-k' || datum.plugin == 'random'", [5, 3]),
    line("datum.plugin != 'oracle-top-k' && datum.plugin != 'random'", [1, 0]),
  ];
}

/** The last point of each plug-in, by bytes: there its line is named. */
function endsOf(rows: readonly Row[]): readonly Row[] {
  const ends = new Map<string, Row>();
  for (const row of rows) {
    const key = `${row.plugin ?? row.cache} ${nameOf(String(row.cache))}`;
    const known = ends.get(key);
    if (!known || Number(row.at_bytes) >= Number(known.at_bytes)) ends.set(key, row);
  }
  return [...ends.values()];
}

/** A label without the budget that `compare` puts behind it. */
function nameOf(cache: string): string {
  return cache.replace(/@\d+\w*$/, '');
}

function namedPoint({ cache, at_bytes, error_mean }: Row): NamedPoint {
  return { cache: String(cache), text: nameOf(String(cache)), x: Number(at_bytes), y: Number(error_mean) };
}

/** Styles by label, and by plug-in for the lines through the labels of one. */
function withPlugins(
  rows: readonly Row[],
  styles: ReadonlyMap<string, CacheStyle>,
): ReadonlyMap<string, CacheStyle> {
  const labels = rows.map(
    ({ cache }) => [String(cache), styles.get(String(cache)) ?? styleOfName('')] as const,
  );
  const plugins = rows.flatMap(({ plugin }) =>
    plugin === null ? [] : [[String(plugin), styleOfName(String(plugin))] as const],
  );
  return new Map([...plugins, ...labels]);
}
