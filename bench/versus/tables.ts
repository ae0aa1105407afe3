import { formatBytes } from '../../src/core/format.js';
import { goals, reachedByBoth, stepTime, type Goal } from './goals.js';
import type { Results } from './results.js';

/** A table with its head as the first row. */
export type Cells = readonly (readonly string[])[];

/** All tables, by the name under which the template of docs/performance.md asks for them. */
export function tables(results: Results): Readonly<Record<string, Cells>> {
  return {
    machine: machineTable(results),
    goals: goalTable(goals(results)),
    steps: stepTable(results),
    rates: rateTable(results),
    decode: decodeTable(results),
    forms: cacheTable(results.forms),
    needle: cacheTable(results.needle),
    pipeline: pipelineTable(results),
    parts: partsTable(results),
  };
}

function machineTable({
  machine,
  day,
  contenders,
  missing,
  peaks,
  threads,
  loadAfter,
  disturbances,
  priority,
}: Results): Cells {
  const rates = Object.entries(peaks).map(([set, rate]) => `${setName(set)} ${rate.toFixed(0)}`);
  return [
    ['', ''],
    ['day', day],
    ['processor', machine.cpu],
    ['memory', machine.memory],
    ['platform', machine.platform],
    ['threads of everybody', String(threads)],
    [`peak of multiply-adds, ${threads} threads, GF/s`, rates.join(', ') || 'not measured: no C compiler'],
    ...contenders.map(({ name, version }) => [name, version]),
    ...missing.map((name) => [name, 'could not be started']),
    ['priority of everybody (0: ordinary)', String(priority)],
    ['load average before, after', `${machine.load}, ${loadAfter}`],
    [
      'bursts, of them on a machine that did not become quiet',
      `${disturbances.bursts}, ${disturbances.onBusyMachine}`,
    ],
  ];
}

function goalTable(list: readonly Goal[]): Cells {
  return [
    ['', 'goal', 'median', 'best round', ''],
    ...list.map((goal) => {
      const share = reachedByBoth(goal);
      const limit = `${goal.target!.at === 'most' ? '≤' : '≥'} ${amount(goal.target!.limit, goal.unit)}`;
      const verdict = share >= 1 ? 'met' : `short by ${(1 / share).toFixed(2)} ×`;
      return [
        goal.name,
        limit,
        amount(goal.value, goal.unit),
        goal.best === null ? '' : amount(goal.best, goal.unit),
        verdict,
      ];
    }),
  ];
}

function stepTable(results: Results): Cells {
  return sizeTable(results, (name, n, d) => {
    const [middle, best] = (['ms', 'bestMs'] as const).map((figure) => stepTime(results, name, n, d, figure));
    return middle === null || best === null ? '' : `${digits(middle)} (${digits(best)})`;
  });
}

function rateTable(results: Results): Cells {
  return sizeTable(results, (name, n, d) => {
    const ms = stepTime(results, name, n, d, 'ms');
    return ms === null ? '' : ((4 * n * n * d) / ms / 1e6).toFixed(0);
  });
}

/** One row a contender, one column a size. */
function sizeTable({ steps }: Results, cell: (name: string, n: number, d: number) => string): Cells {
  const sizes = [...new Set(steps.map(({ n, d }) => `${n} ${d}`))].map((key) => key.split(' ').map(Number));
  return [
    ['', ...sizes.map(([n, d]) => `n = ${n}${d === 64 ? '' : `, d = ${d}`}`)],
    ...[...new Set(steps.map(({ name }) => name))].map((name) => [
      name,
      ...sizes.map(([n, d]) => cell(name, n, d)),
    ]),
  ];
}

function decodeTable({ decode }: Results): Cells {
  const numpy = decode.find(({ name }) => name === 'numpy');
  return [
    ['', 'median, ms', 'best round, ms', "share of numpy's time"],
    ...decode.map(({ name, ms, bestMs }) => [
      ...[name, digits(ms), digits(bestMs)],
      numpy === undefined ? '' : digits(ms / numpy.ms),
    ]),
  ];
}

function cacheTable(rows: Results['forms']): Cells {
  return [
    ['', 'cache', 'median, ms', 'best round, ms', 'bytes'],
    ...rows.map(({ kernel, cache, ms, bestMs, bytes }) => [
      kernel,
      `\`${cache}\``,
      digits(ms),
      digits(bestMs),
      formatBytes(bytes),
    ]),
  ];
}

function partsTable({ parts, peaks, threads }: Results): Cells {
  const peak = Math.max(...Object.values(peaks)) / threads;
  const share = (flops: number, ns: number) =>
    `${ns.toFixed(0)} (${((100 * flops) / ns / peak).toFixed(0)} %)`;
  return [
    ['', 'scores', 'largest', 'weights', 'values', 'in a tile'],
    ...parts.map(({ d, scores, largest, weigh, values, block }) => {
      const product = 2 * 64 * 64 * d;
      return [
        ...[`d = ${d}`, share(product, scores), largest.toFixed(0), weigh.toFixed(0)],
        ...[share(product, values), share(2 * product, block)],
      ];
    }),
  ];
}

function pipelineTable({ pipeline }: Results): Cells {
  return [
    ['', 'threads', 'seconds', 'inside kernels', 'waiting for the pool'],
    ...pipeline.map(({ kernel, threads, seconds, inKernel, inPool }) => [
      ...[kernel, String(threads), digits(seconds)],
      ...[inKernel, inPool].map((share) => `${(100 * share).toFixed(1)} %`),
    ]),
  ];
}

const setName = (set: string) => (set === '128' ? '128-bit' : set.toUpperCase());

function amount(value: number, unit: string): string {
  return `${digits(value)} ${unit}`;
}

/** Three digits that count. */
export function digits(value: number): string {
  return value >= 1000 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
}
