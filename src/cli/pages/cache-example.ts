import type { CacheSpec } from '../../core/cache.js';

/** What to run and what to ask its trace, for one plot. */
export interface CacheExample {
  /** What the plot shows. */
  readonly shows: string;
  /** A command line; its trace goes to `traces/<name>`. */
  readonly command: string;
  /** DuckDB; its columns are those to plot, the first one is the horizontal axis, `cache` names the lines. */
  readonly query: string;
}

/** Rows whose scores suit a cache better than those of the others. */
const SOURCES: Readonly<Record<string, string>> = {
  skip: 'needle:d=16,heads=1,margin=30', // it leaves out pairs where attention is peaked
  polynomial: 'sphere:d=8,heads=1,scoreStd=0.1', // its bound needs small scores
};
const ANY = 'clustered:d=16,heads=1';

/** The plot that tells most of a cache, by what its spec says it is: so a new cache has one from its first day. */
export function exampleOf(spec: CacheSpec): CacheExample {
  if (spec.exactness === 'certified') return certificateAgainstError(spec);
  if (spec.within !== undefined) return errorAgainstBytes(spec);
  if (spec.exactness === 'exact') return costAgainstLength(spec);
  return spec.readsPart ? errorAgainstOperations(spec) : errorAgainstLength(spec);
}

function certificateAgainstError(spec: CacheSpec): CacheExample {
  const saved = spec.readsPart ? 'skipped_share' : 'resident_bytes AS bytes';
  return {
    shows: 'the certificate above the true error, step by step, and what is saved beside exact attention',
    command: run(spec, [spec.name, 'four-cache']),
    query: query(spec, [
      `SELECT step + 1 AS n, cache, certificate, err_l2, ${saved}, flops`,
      'ORDER BY cache, n',
    ]),
  };
}

function errorAgainstBytes(spec: CacheSpec): CacheExample {
  const lost = spec.selects ? ', avg(lost_mass) AS lost' : '';
  return {
    shows: 'error against bytes at equal budgets, beside the oracle and chance',
    command: `kronflow compare --source ${sourceOf(spec)} --tokens 300 --budget 8KiB,16KiB,32KiB -c ${spec.name} -o ${folder(spec)}`,
    query: query(spec, [
      `SELECT max(resident_bytes + metadata_bytes) AS bytes, split_part(cache, '@', 1) AS cache, avg(err_rel_l2) AS error${lost}`,
      "GROUP BY split_part(cache, '@', 1), split_part(cache, '@', 2)",
      'ORDER BY cache, bytes',
    ]),
  };
}

function costAgainstLength(spec: CacheSpec): CacheExample {
  const others = ['four-cache', 'two-cache'].filter((name) => name !== spec.name);
  return {
    shows: 'bytes, operations and time against the length of the stream',
    command: run(spec, [spec.name, ...others]),
    query: query(spec, [
      'SELECT step + 1 AS n, cache, resident_bytes + scratch_bytes AS bytes, flops, (update_ns + attend_ns) / 1e6 AS ms',
      'ORDER BY cache, n',
    ]),
  };
}

function errorAgainstOperations(spec: CacheSpec): CacheExample {
  return {
    shows: 'the share of the operations of exact attention that a query takes, and the error it leaves',
    command: run(spec, [spec.name, 'four-cache']),
    query: query(spec, [
      "SELECT step + 1 AS n, cache, flops / max(flops) FILTER (WHERE cache = 'four-cache')\n" +
        '  OVER (PARTITION BY step) AS share, err_rel_l2 AS error',
      'ORDER BY cache, n',
    ]),
  };
}

function errorAgainstLength(spec: CacheSpec): CacheExample {
  return {
    shows: 'bytes and error against the length of the stream, beside a window',
    command: run(spec, [spec.name, 'window:size=64']),
    query: query(spec, [
      'SELECT step + 1 AS n, cache, resident_bytes + metadata_bytes AS bytes, err_rel_l2 AS error, err_eps',
      'ORDER BY cache, n',
    ]),
  };
}

function run(spec: CacheSpec, caches: readonly string[]): string {
  const named = caches.map((cache) => `-c ${cache}`).join(' ');
  return `kronflow run --source ${sourceOf(spec)} --tokens 400 ${named} -o ${folder(spec)}`;
}

function query(spec: CacheSpec, [select, ...rest]: readonly string[]): string {
  return [select, `FROM '${folder(spec)}/steps.parquet'`, ...rest].join('\n');
}

function sourceOf({ name }: CacheSpec): string {
  return SOURCES[name] ?? ANY;
}

function folder({ name }: CacheSpec): string {
  return `traces/${name}`;
}
