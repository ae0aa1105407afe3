import { cpus, loadavg, totalmem } from 'node:os';
import Table from 'cli-table3';
import { formatBytes } from '../src/core/format.js';
import { VERSION } from '../src/core/version.js';
import type { Finding } from './measure.js';

/** Where and with what the numbers were taken. */
export function describeMachine(): Readonly<Record<string, string>> {
  const [cpu] = cpus();
  return {
    kronflow: VERSION,
    node: process.versions.node,
    v8: process.versions.v8,
    platform: `${process.platform}-${process.arch}`,
    cpu: `${cpus().length} × ${cpu?.model ?? 'unknown'}`,
    memory: formatBytes(totalmem()),
    load: load(),
  };
}

/** Load averages of one, five and fifteen minutes. */
export function load(): string {
  return loadavg()
    .map((x) => x.toFixed(2))
    .join(' ');
}

/** The share of the target that was reached (1 and above: met; nothing where little is wanted: Infinity), or null without one. */
export function reached({ value, target }: Finding): number | null {
  if (target === null) return null;
  if (target.at === 'least') return value / target.limit;
  return value <= 0 ? Infinity : target.limit / value;
}

/** Findings of one measurement as a table for people. */
export function findingsTable(findings: readonly Finding[]): string {
  const table = new Table({
    head: ['', 'measured', 'target', ''],
    colAligns: ['left', 'right', 'right', 'left'],
    style: { head: [], border: [], compact: true },
  });
  for (const finding of findings) {
    const { name, value, unit, target } = finding;
    const limit = target === null ? '' : `${target.at === 'most' ? '≤' : '≥'} ${number(target.limit)}`;
    table.push([name, `${number(value)} ${unit}`, limit, verdict(finding)]);
  }
  return table.toString();
}

function verdict(finding: Finding): string {
  const share = reached(finding);
  if (share === null) return '';
  if (share === Infinity) return 'met';
  return share >= 1 ? `met (${share.toFixed(2)}×)` : `short by ${(1 / share).toFixed(2)}×`;
}

function number(value: number): string {
  return Math.abs(value) >= 1000 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
}
