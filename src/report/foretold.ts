import type { OpenedTrace } from '../query/index.js';
import { literal } from '../query/sql-text.js';
import { stylesOf } from './colours.js';
import { streamOf } from './groups.js';
import type { Context } from './plot.js';

/** How the exact output is called where it drove the layers. */
export const EXACT = 'exact';

/**
 * SQL for what language models said of the tokens of their texts, a row each: columns trace, run, panel, driver (whose output
 * drove the layers), cache (its label in a plot), stream_id, step, nats and likeliest; and `exact`, what was said of the same token where
 * exact attention drove a run of the panel. Traces that read the same text with the same model share
 * a panel, so that their predictions stand side by side; where two runs have drivers of one name, labels say which run.
 */
export function foretoldSql(context: Context): string {
  return `
said as (
  select trace, ${context.run} as run, ${panelSql(context)} as panel, coalesce(cache, '${EXACT}') as driver, stream_id, step,
    any_value(value) filter (name = 'nll') as nats, any_value(value) filter (name = 'likeliest') as likeliest
  from measures
  where name in ('nll', 'likeliest')
  group by all
), foretold as (
  select *, if(min(run) over same = max(run) over same, driver, driver || ', ' || run) as cache
  from said
  window same as (partition by panel, driver)
), exact as (
  select panel, stream_id, step, avg(nats) as exact_nats, any_value(likeliest) as exact_likeliest
  from foretold
  where driver = '${EXACT}'
  group by all
)`;
}

/** What line charts take for runs and styles, where panels take the place of runs and drivers that of caches. */
export function foretoldContext(context: Context): Context {
  const panels = [...new Set(context.groups.map(({ traces: [trace] }) => panelOf(trace, context)))];
  const first = new Map(context.groups.map((group) => [panelOf(group.traces[0], context), group.traces]));
  const drivers = context.groups.flatMap(({ name: run, traces: [trace] }) =>
    [{ name: 'four-cache', label: EXACT }, ...cachesOfRun(trace)].flatMap(({ name, label }) => [
      { name, label },
      { name, label: `${label}, ${run}` },
    ]),
  );
  return {
    ...context,
    groups: panels.map((name) => ({ name, traces: first.get(name)! })),
    styles: stylesOf(drivers),
  };
}

function cachesOfRun({ run }: OpenedTrace): readonly { readonly name: string; readonly label: string }[] {
  const caches = Array.isArray(run.config.caches) ? run.config.caches : [];
  return (caches as { name: string; label?: string }[]).map(({ name, label = name }) => ({ name, label }));
}

function panelSql(context: Context): string {
  const cases = context.groups.flatMap(({ traces }) =>
    traces.map(
      (trace) => `when trace = ${literal(trace.label)} then ${literal(panelOf(traces[0], context))}`,
    ),
  );
  return `case ${cases.join(' ')} end`;
}

/** The name of the panel of a run: its model and its text; numbered where texts or models of one name differ. */
function panelOf(trace: OpenedTrace, { groups }: Context): string {
  const keys = [...new Set(groups.map(({ traces: [one] }) => keyOf(one)))];
  const names = groups.map(({ traces: [one] }) => ({ name: nameOf(one), key: keyOf(one) }));
  const name = nameOf(trace);
  const alike = keys.filter((key) => names.some((one) => one.key === key && one.name === name));
  return alike.length < 2 ? name : `${name} (${alike.indexOf(keyOf(trace)) + 1})`;
}

function keyOf({ run }: OpenedTrace): string {
  return JSON.stringify(streamOf(run));
}

function nameOf({ run }: OpenedTrace): string {
  const models = run.inputs.filter(({ kind }) => kind === 'model');
  const others = run.inputs.filter(({ kind }) => kind !== 'model');
  const named = [...models, ...others].flatMap(({ name, path }) => {
    const said = name ?? path;
    return typeof said === 'string' ? [said.split(/[\\/]/).at(-1)!] : [];
  });
  return named.map((name) => name.replace(/\.safetensors$/, '')).join(', ') || 'the same tokens';
}
