import { formatValue } from '../../src/core/format.js';
import { didYouMean } from '../../src/core/nearest.js';
import type { TableName } from '../../data/schemas/tables.js';
import type { Path } from '../files/tree.js';
import { checkBound, type Expected } from './check-bound.js';
import { checkEqual } from './check-equal.js';
import type { Finding } from './finding.js';
import type { Expectation } from './schema.js';
import { tableRows, type Row } from './table-rows.js';

/** Hold a sealed trace against what a test expects of it; everything that is not as expected. */
export async function checkTrace(dir: string, expect: Expectation): Promise<readonly Finding[]> {
  const { columns = {}, caches = {}, measures = {}, equal = [] } = expect;
  const steps = await tableRows(dir, 'steps');
  const labels = [...new Set(steps.map(({ cache }) => String(cache)))];
  return [
    ...(await checkCounts(dir, expect.rows)),
    ...each(['columns'], columns, () => steps),
    ...Object.entries(caches).flatMap(([label, expected]) => {
      const path = ['caches', label];
      if (!labels.includes(label)) return [noSuch(path, 'cache', label, labels)];
      return each(path, expected, () => steps.filter(({ cache }) => cache === label));
    }),
    ...(await checkMeasures(dir, measures)),
    ...equal.flatMap((one, i) => {
      const path = ['equal', i];
      const unknown = one.caches.find((label) => !labels.includes(label));
      return unknown === undefined ? checkEqual(path, steps, one) : [noSuch(path, 'cache', unknown, labels)];
    }),
  ];
}

function each(
  path: Path,
  expected: Readonly<Record<string, Expected>>,
  rows: (name: string) => readonly Row[],
  column?: string,
): readonly Finding[] {
  return Object.entries(expected).flatMap(
    ([name, bound]) => checkBound([...path, name], rows(name), column ?? name, bound) ?? [],
  );
}

async function checkCounts(dir: string, rows: Expectation['rows']): Promise<readonly Finding[]> {
  const wanted = typeof rows === 'number' ? { steps: rows } : (rows ?? {});
  const findings: Finding[] = [];
  for (const [table, expected] of Object.entries(wanted)) {
    const found = (await tableRows(dir, table as TableName)).length;
    const path = typeof rows === 'number' ? ['rows'] : ['rows', table];
    if (found !== expected) findings.push(plainFinding(path, expected, found));
  }
  return findings;
}

async function checkMeasures(
  dir: string,
  expected: Readonly<Record<string, Expected>>,
): Promise<readonly Finding[]> {
  if (Object.keys(expected).length === 0) return [];
  const rows = await tableRows(dir, 'measures');
  const names = [...new Set(rows.map(({ name }) => String(name)))];
  const unknown = Object.keys(expected).filter((name) => !names.includes(name));
  const known = Object.entries(expected).filter(([name]) => names.includes(name));
  return [
    ...unknown.map((name) => noSuch(['measures', name], 'measure', name, names)),
    ...each(
      ['measures'],
      Object.fromEntries(known),
      (name) => rows.filter((row) => row.name === name),
      'value',
    ),
  ];
}

function plainFinding(path: Path, expected: unknown, found: unknown): Finding {
  return { path, expected: formatValue(expected), found: formatValue(found), row: null, more: 0 };
}

function noSuch(path: Path, kind: string, name: string, known: readonly string[]): Finding {
  const found = `no such ${kind}; ${didYouMean(name, known)}`;
  return { path, expected: `rows of ${name}`, found, row: null, more: 0 };
}
