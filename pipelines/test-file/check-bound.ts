import { formatValue } from '../../src/core/format.js';
import type { Path } from '../files/tree.js';
import { noColumn, type Finding } from './finding.js';
import type { Bound } from './schema.js';
import type { Cell, Row } from './table-rows.js';

/** What stands for a column: a bound, or the value itself. */
export type Expected = Bound | Cell;

/** Hold a column of some rows against what is expected of it. */
export function checkBound(
  path: Path,
  rows: readonly Row[],
  column: string,
  expected: Expected,
): Finding | null {
  const bound = boundOf(expected);
  const problem = (what: string, found: string): Finding => ({
    ...{ path, expected: what, found, row: null, more: 0 },
  });
  if (rows.length > 0 && !(column in rows[0])) return noColumn(path, column, rows[0]);
  const seen = rowsAt(rows, bound);
  if (seen.length === 0) return problem('rows to look at', nothingAt(rows, bound));
  const bad = seen.filter((row) => !holds(row[column], bound));
  const [row] = bad;
  if (row !== undefined) {
    const found = formatValue(row[column]);
    return { path, expected: boundText(bound), found, row, more: bad.length - 1 };
  }
  const isEmpty = bound.equals === undefined && seen.every((one) => one[column] === null);
  return isEmpty ? problem(boundText(bound), `no value in any of ${seen.length} rows`) : null;
}

function boundOf(expected: Expected): Bound {
  return typeof expected === 'object' && expected !== null ? expected : { equals: expected };
}

/** The rows that a bound is about. */
function rowsAt(rows: readonly Row[], { at, layer, head }: Bound): readonly Row[] {
  const last = new Map<Cell, number>();
  if (at === 'last')
    for (const row of rows) last.set(row.stream_id, Math.max(last.get(row.stream_id) ?? 0, Number(row.step)));
  const steps = typeof at === 'number' ? [at] : at;
  return rows.filter(
    (row) =>
      (layer === undefined || row.layer === layer) &&
      (head === undefined || row.head === head) &&
      (steps === undefined ||
        (steps === 'last' ? row.step === last.get(row.stream_id) : steps.includes(Number(row.step)))),
  );
}

function nothingAt(rows: readonly Row[], { at, layer, head }: Bound): string {
  if (rows.length === 0) return 'none at all';
  const most = (name: string) => rows.reduce((max, row) => Math.max(max, Number(row[name])), 0);
  const asked = Object.entries({ at, layer, head }).filter(([, value]) => value !== undefined);
  const said = asked.map(([name, value]) => `${name} ${String(value)}`).join(', ');
  return `none for ${said}; steps are 0 to ${most('step')}, layers 0 to ${most('layer')}, heads 0 to ${most('head')}`;
}

function holds(value: Cell, { min, max, equals }: Bound): boolean {
  if (equals !== undefined) return Object.is(value, equals) || value === equals;
  if (value === null) return true; // there was nothing to measure in this row
  return typeof value === 'number' && value >= (min ?? -Infinity) && value <= (max ?? Infinity);
}

function boundText({ min, max, equals }: Bound): string {
  if (equals !== undefined) return formatValue(equals);
  if (min !== undefined && max !== undefined) return `${min} to ${max}`;
  if (min !== undefined) return `at least ${min}`;
  return max === undefined ? 'a value' : `at most ${max}`;
}
