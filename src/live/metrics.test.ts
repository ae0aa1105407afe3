import { expect, it } from 'vitest';
import { stepBatch } from '../../data/testing/rows.js';
import { runMetrics } from './metrics.js';
import { exposition } from './prometheus.js';
import { parseExposition } from './testing/parse-exposition.js';
import { WatchedRun, type RunFacts } from './watched-run.js';

const facts: RunFacts = {
  ...{ dir: 'traces/a "b"\\c\nd', order: 'tensor', d: 4, heads: 1, layers: 1 },
  caches: ['four-cache', 'window'].map((name) => ({ name, label: name, options: {} })),
};
const still = { now: () => 0, left: () => null };

it('writes what a strict reader takes, with the values of the run', () => {
  const run = new WatchedRun(facts, still);
  run.start(null, 10);
  for (let s = 0; s < 30; s++) run.onRows(stepBatch(s, 4));
  run.onStep({ done: 40, bytes: 12_345 });
  const metrics = parseExposition(runMetrics(run));
  const value = (name: string, ...labels: readonly [string, string][]) =>
    metrics.get(name)?.samples.find((sample) => labels.every(([key, is]) => sample.labels.get(key) === is))
      ?.value;
  expect(value('kronflow_steps_total')).toBe(40);
  expect(value('kronflow_in_use_bytes')).toBe(12_345);
  expect(value('kronflow_rows_total', ['table', 'steps'])).toBe(120);
  expect(value('kronflow_cache_time_seconds_total', ['cache', 'window'], ['phase', 'append'])).toBe(
    30 * 7e-9,
  );
  expect(value('kronflow_cache_error_ratio', ['cache', 'window'], ['quantile', '0.5'])).toBeGreaterThan(0);
  expect(value('process_cpu_time_seconds_total', ['cpu_mode', 'user'])).toBeGreaterThan(0);
  expect(metrics.get('kronflow_run_info')?.samples[0].labels.get('trace')).toBe(facts.dir);
  expect(metrics.has('kronflow_steps_expected')).toBe(false); // unknown is not 0
});

it('leaves nothing behind that is no number, before the first step too', () => {
  const metrics = parseExposition(runMetrics(new WatchedRun({ ...facts, caches: [] }, still)));
  expect(metrics.get('kronflow_run_running')?.samples[0].value).toBe(1);
});

it('the reader is strict', () => {
  const good = '# HELP a_total A.\n# TYPE a_total counter\na_total{x="1"} 3\n';
  expect(parseExposition(good).get('a_total')?.samples[0].value).toBe(3);
  const bad = [
    good.slice(0, -1),
    good.replace('a_total{', 'b_total{'),
    good + good,
    good + 'a_total{x="1"} 4\n',
    good.replace(' 3', ' three'),
    good.replace('"1"', '"1\\q"'),
    good.replaceAll('a_total', 'a'),
    good.replace('# HELP a_total A.\n', ''),
  ];
  for (const text of bad) expect(() => parseExposition(text)).toThrow();
  expect(exposition([{ name: 'a_total', type: 'counter', help: 'A.', samples: [{ value: 3, labels: { x: '1' } }] }])).toBe(good); // prettier-ignore
});
