import { performance } from 'node:perf_hooks';
import { VERSION } from '../core/version.js';
import type { CacheTally } from './cache-tally.js';
import { errorBuckets } from './log-buckets.js';
import { exposition, type Metric } from './prometheus.js';
import type { WatchedRun } from './watched-run.js';

/**
 * A run for Prometheus. Process metrics carry the names of OpenTelemetry's conventions as its Prometheus exporter writes
 * them; what no convention names begins with kronflow_.
 */
export function runMetrics(run: WatchedRun): string {
  return exposition([...target(run), ...progress(run), ...caches(run), ...processMetrics()]);
}

function target({ facts, status }: WatchedRun): Metric[] {
  const labels = {
    ...{ order: facts.order, d: String(facts.d), heads: String(facts.heads), layers: String(facts.layers) },
    trace: facts.dir,
  };
  return [
    gauge('target_info', 'Who is watched.', 1, { service_name: 'kronflow', service_version: VERSION }),
    gauge('kronflow_run_info', 'The run and its trace.', 1, labels),
    gauge(
      'kronflow_run_running',
      '1 while steps are taken, 0 once the run is over.',
      status === 'running' ? 1 : 0,
    ),
  ];
}

function progress(run: WatchedRun): Metric[] {
  const { fold } = run;
  return [
    counter('kronflow_steps_total', 'Steps of all streams done.', [{ value: run.done }]),
    gauge('kronflow_steps_expected', 'Steps that the run will take.', run.total),
    counter(
      'kronflow_rows_total',
      'Rows handed to the trace.',
      Object.entries(fold.rows).map(([table, value]) => ({ labels: { table }, value })),
    ),
    counter(
      'kronflow_events_total',
      'Rows of the events table.',
      [...fold.eventsByKind].map(([kind, value]) => ({ labels: { kind }, value })),
    ),
    gauge('kronflow_in_use_bytes', 'Bytes that all caches hold, the reference included.', run.bytesInUse),
    gauge('kronflow_stream_longest_tokens', 'Length of the longest stream so far.', fold.longest),
    gauge('kronflow_score_standard_deviation', 'R of the exact scores.', fold.scoreStd()),
    gauge('kronflow_run_elapsed_seconds', 'Time since the first step was asked for.', run.elapsedMs / 1000),
  ];
}

const PHASES = ['append', 'plan', 'kernels', 'queue'] as const;
const QUANTILES = [0.5, 0.9, 0.99];

function caches({ fold: { tallies } }: WatchedRun): Metric[] {
  const each = (value: (tally: CacheTally) => number | null) =>
    tallies.map((tally) => ({ labels: { cache: tally.cache }, value: value(tally) }));
  return [
    gauges(
      'kronflow_cache_resident_bytes',
      'Bytes of entries of the latest stream.',
      each(({ latest }) => latest.residentBytes),
    ),
    gauges(
      'kronflow_cache_held_bytes',
      'Bytes of entries and metadata of the latest stream.',
      each(({ latest }) => latest.heldBytes),
    ),
    counter(
      'kronflow_cache_time_seconds_total',
      'Thread time of answered tokens by phase; queue is waiting, not work.',
      tallies.flatMap(({ cache, spent }) =>
        PHASES.map((phase) => ({ labels: { cache, phase }, value: spent[phase] / 1e9 })),
      ),
    ),
    gauges(
      'kronflow_cache_error_ratio',
      'Relative error of the outputs, quantiles over the run.',
      tallies.flatMap(({ cache, allErrors }) =>
        QUANTILES.map((q) => ({
          labels: { cache, quantile: String(q) },
          value: errorBuckets.quantile(allErrors, q),
        })),
      ),
    ),
    counter(
      'kronflow_cache_out_of_range_total',
      'Answers for which nothing is promised.',
      each((tally) => tally.outOfRange),
    ),
    counter(
      'kronflow_cache_broken_bounds_total',
      'Answers further off than promised.',
      each((tally) => tally.broken),
    ),
  ];
}

function processMetrics(): Metric[] {
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed } = process.memoryUsage();
  return [
    counter('process_cpu_time_seconds_total', 'CPU time of all threads.', [
      { labels: { cpu_mode: 'user' }, value: user / 1e6 },
      { labels: { cpu_mode: 'system' }, value: system / 1e6 },
    ]),
    gauge('process_memory_usage_bytes', 'Physical memory in use.', rss),
    gauge('v8js_memory_heap_used_bytes', 'Heap in use.', heapUsed),
    gauge('process_uptime_seconds', 'Time since the process started.', process.uptime()),
    gauge(
      'nodejs_eventloop_utilization_ratio',
      'Share of the time that the main thread was busy.',
      performance.eventLoopUtilization().utilization,
    ),
  ];
}

function counter(name: string, help: string, samples: Metric['samples']): Metric {
  return { name, type: 'counter', help, samples };
}

function gauges(name: string, help: string, samples: Metric['samples']): Metric {
  return { name, type: 'gauge', help, samples };
}

function gauge(name: string, help: string, value: number | null, labels?: Record<string, string>): Metric {
  return gauges(name, help, [labels === undefined ? { value } : { value, labels }]);
}
