import type { OpenedTrace } from '../query/index.js';
import type { RunGroup } from './plot.js';

/** Traces that differ in nothing but their seed, together, in the order in which they were named. */
export function groupTraces(traces: readonly OpenedTrace[]): readonly RunGroup[] {
  const groups = new Map<string, OpenedTrace[]>();
  for (const trace of traces) {
    const key = withoutSeed(trace);
    groups.set(key, [...(groups.get(key) ?? []), trace]);
  }
  return [...groups.values()].map((own) => ({ name: nameOf(own), traces: own }));
}

/** SQL that turns column `trace` into the name of its group. */
export function groupSql(groups: readonly RunGroup[]): string {
  const repeated = groups.filter(({ traces }) => traces.length > 1);
  if (repeated.length === 0) return 'trace';
  const cases = repeated.map(({ name, traces }) => {
    return `when trace in (${traces.map(({ label }) => literal(label)).join(', ')}) then ${literal(name)}`;
  });
  return `case ${cases.join(' ')} else trace end`;
}

/** What stands in the way of comparing these traces, as sentences; none: nothing. */
export function comparability(groups: readonly RunGroup[]): readonly string[] {
  const [first, ...others] = groups.map(({ traces: [trace] }) => trace);
  const found = new Map<string, string[]>();
  for (const other of others) {
    const different = differences(first.run, other.run).join(', ');
    if (different !== '') found.set(different, [...(found.get(different) ?? []), other.label]);
  }
  const said = [...found].map(
    ([different, labels]) =>
      `${first.label} and ${labels.join(', ')} differ in ${different}: their errors cannot be compared with each other.`,
  );
  return [...said, ...differentDrivers(groups)];
}

/** Whether caches of deeper layers saw other rows, because another output drove the layers of their run. */
function differentDrivers(groups: readonly RunGroup[]): readonly string[] {
  const drivers = groups.map(({ traces: [{ label, run }] }) => [label, String(run.config.drive ?? 'exact')]);
  if (new Set(drivers.map(([, driver]) => driver)).size < 2) return [];
  const list = drivers.map(([label, driver]) => `${label} by ${driver}`).join(', ');
  return [
    `The layers of these runs are driven by different outputs (${list}): bits per token can be compared, but not errors, for deeper layers see other rows.`,
  ];
}

function differences(a: OpenedTrace['run'], b: OpenedTrace['run']): readonly string[] {
  const stream = JSON.stringify(streamOf(a)) === JSON.stringify(streamOf(b)) ? [] : ['their stream'];
  const model = (['d', 'heads', 'layers', 'order', 'scale'] as const)
    .filter((key) => a[key] !== b[key])
    .map((key) => `${key} (${a[key]}, ${b[key]})`);
  return [...stream, ...model];
}

/** What tokens a run read: its source, or the sha256 of its input where that is known. */
export function streamOf({ config, inputs }: OpenedTrace['run']): unknown {
  const hashes = inputs.flatMap(({ sha256 }) => (typeof sha256 === 'string' ? [sha256] : []));
  const { source, tokens, model } = config as {
    source?: unknown;
    tokens?: unknown;
    model?: { scoreStd?: unknown };
  };
  return [hashes.length > 0 ? hashes : source, tokens, model?.scoreStd];
}

function withoutSeed({ run: { config, inputs } }: OpenedTrace): string {
  const { seed, ...rest } = config;
  void seed;
  // a file is known by its hash, wherever it lies; a stream that was made up says the seed of the run once more
  const named = inputs.map(({ path, seed: again, ...input }) => {
    void again;
    return input.sha256 === undefined ? { path, ...input } : input;
  });
  return JSON.stringify([rest, named], (_, at: unknown) =>
    typeof at === 'object' && at !== null && !Array.isArray(at)
      ? Object.fromEntries(Object.entries(at).sort(([a], [b]) => (a < b ? -1 : 1)))
      : at,
  );
}

/** The label of a single trace; of repeats, what their labels begin with, and how many they are. */
function nameOf(traces: readonly OpenedTrace[]): string {
  const labels = traces.map(({ label }) => label);
  if (labels.length === 1) return labels[0];
  let length = 0;
  while (labels.every((label) => length < label.length && label[length] === labels[0][length])) length++;
  const common = labels[0].slice(0, length).replace(/[-_/. ]+$|(seed)?[-_]?\d+$/g, '');
  return `${common || labels[0]} × ${labels.length}`;
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
