import { readFileSync, writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import { formatBytes } from '../../src/core/format.js';
import { reached } from '../report.js';
import { goals, reachedByBoth } from './goals.js';
import type { Results } from './results.js';
import { digits, tables, type Cells } from './tables.js';

const PAGE = 'docs/performance.md';
const TEMPLATE = 'bench/versus/performance.template.md';
const FLOPS = 4 * 2048 ** 2 * 64;

/** Write docs/performance.md: what people wrote in the template, with the tables and numbers of this run. */
export async function writeDocument(results: Results): Promise<void> {
  const text = documentText(readFileSync(TEMPLATE, 'utf8'), results);
  const options = await resolveConfig(PAGE);
  writeFileSync(PAGE, await format(text, { ...options, parser: 'markdown' }));
}

/** The page. @throws RangeError when the template asks for something that was not measured */
export function documentText(template: string, results: Results): string {
  const values = {
    ...Object.fromEntries(Object.entries(tables(results)).map(([name, cells]) => [name, markdown(cells)])),
    ...story(results),
    ...{ noise: noise(results), shortfall: shortfall(results) },
  } as Readonly<Record<string, string>>;
  return template.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new RangeError(`${TEMPLATE}: nothing is called ${name}`);
    return value;
  });
}

function markdown([head, ...rows]: Cells): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  const rule = line(head.map((_, i) => (i === 0 ? '---' : '---:')));
  return [line(head), rule, ...rows.map(line)].join('\n');
}

/** The numbers of the explanation: the three forms with the native kernel. */
function story({ forms, peaks }: Results): Readonly<Record<string, string>> {
  const of = (cache: string) => forms.find((form) => form.cache === cache);
  const [fused, two, all] = [of('four-cache'), of('two-cache'), of('four-cache-materialising')];
  if (fused === undefined || two === undefined || all === undefined) return {};
  const rate = (ms: number) => FLOPS / ms / 1e6;
  const bandwidth = two.bytes / two.ms / 1e6;
  const limit = (peak: number | undefined) =>
    peak === undefined ? 'not measured' : digits((4 * peak) / (2 * bandwidth));
  return {
    ...{ twoFaster: digits(all.ms / two.ms), fusedFaster: digits(two.ms / fused.ms) },
    ...{
      flops: (FLOPS / 1e6).toFixed(0),
      F: Math.max(...Object.values(peaks)).toFixed(0),
      W: digits(bandwidth),
    },
    ...{
      twoBytes: formatBytes(two.bytes),
      fusedBytes: formatBytes(fused.bytes),
      bytesRatio: digits(two.bytes / fused.bytes),
    },
    ...{
      twoMs: digits(two.ms),
      fusedMs: digits(fused.ms),
      twoRate: digits(rate(two.ms)),
      fusedRate: digits(rate(fused.ms)),
    },
    ...{
      predicted: limit(Math.max(...Object.values(peaks))),
      predicted256: limit(peaks.avx2),
      predicted128: limit(peaks['128']),
    },
  };
}

function noise({ disturbances: { bursts, onBusyMachine }, machine, loadAfter, priority }: Results): string {
  if (onBusyMachine < bursts / 10) return 'The machine was quiet for nearly all bursts.';
  const loads = `load average ${machine.load} before, ${loadAfter} after`;
  const busy = `**The machine was busy** for ${onBusyMachine} of ${bursts} bursts (${loads}).`;
  if (priority < 0) {
    return `${busy} All contenders ran with priority ${priority}, before everything else, and shared its caches with it.`;
  }
  return (
    `${busy} Medians of two-thread times are then mostly what other processes left over, and threads that spin suffer ` +
    'most; best rounds are the better guide.'
  );
}

/** How many goals were met. */
function shortfall(results: Results): string {
  const list = goals(results);
  const met = list.filter((goal) => reachedByBoth(goal) >= 1).length;
  const byMedian = list.filter((goal) => reached(goal)! >= 1).length;
  return `${met} of ${list.length} goals are met; ${byMedian} by the medians alone.`;
}
