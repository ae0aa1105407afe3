import type { OpenedTrace } from './opened-trace.js';
import { identifier, literal } from './sql-text.js';

type Scalar = string | number | boolean | null;

/** run.json of every trace as one row each: what is said of the run, then its configuration, flattened. */
export function runsTable(traces: readonly OpenedTrace[]): string {
  const rows = traces.map(runRow);
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const nameOf = (name: string, i: number) => {
    const before = names.slice(0, i).filter((other) => other.toLowerCase() === name.toLowerCase()).length;
    return identifier(before === 0 ? name : `${name}_${before + 1}`); // SQL does not tell T from t
  };
  const typeOf = (name: string) => sqlType(rows.map((row) => row[name] ?? null));
  const selects = rows.map((row) => {
    const cells = names.map((name, i) => `${cell(row[name] ?? null)}::${typeOf(name)} as ${nameOf(name, i)}`);
    return `select ${cells.join(', ')}`;
  });
  return selects.join('\nunion all ');
}

/** The caches of every trace, in the order of its configuration: label, plug-in and options as JSON. */
export function cachesTable(traces: readonly OpenedTrace[]): string {
  const rows = traces.flatMap(({ label, run }) =>
    configuredCaches(run.config).map((cache, i) => {
      const options = literal(JSON.stringify(cache.options ?? {}));
      return `(${literal(label)}, ${literal(cache.label ?? cache.name)}, ${literal(cache.name)}, ${options}, ${i})`;
    }),
  );
  const from = rows.length === 0 ? `(values (null, null, null, null, null))` : `(values ${rows.join(', ')})`;
  return `select trace::VARCHAR as trace, cache::VARCHAR as cache, plugin::VARCHAR as plugin, options::JSON as options, place::INTEGER as place
from ${from} as t (trace, cache, plugin, options, place) where trace is not null`;
}

function runRow({ label, dir, run }: OpenedTrace): Record<string, Scalar> {
  const { config, counters } = run;
  return {
    ...{ trace: label, dir, run_id: run.run_id, status: run.status, error: run.error },
    ...{ started_at: run.started_at, finished_at: run.finished_at, kernel: run.kernel, dtype: run.dtype },
    ...{ d: run.d, heads: run.heads, layers: run.layers, order: run.order, scale: run.scale, lift: run.lift },
    ...{ k2_bias: run.k2_bias, v2_bias: run.v2_bias, kronflow: run.versions.kronflow, cpu: run.versions.cpu },
    ...{ tokens_read: counters.read, tokens_processed: counters.processed },
    ...{ config_sha256: run.config_sha256, result_sha256: run.result_sha256 },
    ...flatten(config, 'config'),
    ...{ execution: JSON.stringify(run.execution), inputs: JSON.stringify(run.inputs) },
    ...{ config: JSON.stringify(config), run_json: JSON.stringify(run) },
  };
}

/** Nested values by their path, `config_model_d`; lists, and objects that are empty, as JSON. */
function flatten(value: unknown, path: string): Record<string, Scalar> {
  if (Array.isArray(value)) return { [path]: JSON.stringify(value) };
  if (typeof value !== 'object' || value === null) return { [path]: value as Scalar };
  const parts = Object.entries(value).map(([key, part]) => flatten(part, `${path}_${key}`));
  return Object.assign({}, ...parts) as Record<string, Scalar>;
}

function sqlType(values: readonly Scalar[]): string {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return 'VARCHAR';
  if (known.every((value) => typeof value === 'boolean')) return 'BOOLEAN';
  if (known.every((value) => typeof value === 'number'))
    return known.every((value) => Number.isSafeInteger(value)) ? 'BIGINT' : 'DOUBLE';
  return known.every((value) => /^[[{]/.test(String(value))) ? 'JSON' : 'VARCHAR';
}

function cell(value: Scalar): string {
  return value === null ? 'null' : literal(String(value));
}

function configuredCaches(
  config: Record<string, unknown>,
): readonly { name: string; label?: string; options?: unknown }[] {
  return Array.isArray(config.caches) ? (config.caches as { name: string }[]) : [];
}
