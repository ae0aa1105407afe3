import { formatValue } from '../../src/core/format.js';
import type { Path } from '../files/tree.js';
import { noColumn, rowKey, type Finding } from './finding.js';
import type { Equality } from './schema.js';
import type { Cell, Row } from './table-rows.js';

/** Hold the rows of some caches against those of the first of them. */
export function checkEqual(
  path: Path,
  rows: readonly Row[],
  { caches, columns, tolerance }: Equality,
): readonly Finding[] {
  const [first, ...others] = caches;
  const missing = columns.find((column) => rows.length > 0 && !(column in rows[0]));
  if (missing !== undefined) return [noColumn(path, missing, rows[0])];
  const models = new Map(
    rows.filter(({ cache }) => cache === first).map((row) => [rowKey(row, ['cache']), row] as const),
  );
  return others.flatMap((cache) =>
    columns.flatMap((column): Finding[] => {
      const bad = rows.filter(
        (row) =>
          row.cache === cache && !same(row[column], models.get(rowKey(row, ['cache']))?.[column], tolerance),
      );
      if (bad.length === 0) return [];
      const [row] = bad;
      const model = models.get(rowKey(row, ['cache']))?.[column];
      const expected = `${column} of ${first}, ${formatValue(model)}${tolerance > 0 ? ` within ${tolerance}` : ''}`;
      return [{ path, expected, found: formatValue(row[column]), row, more: bad.length - 1 }];
    }),
  );
}

function same(a: Cell | undefined, b: Cell | undefined, tolerance: number): boolean {
  if (typeof a !== 'number' || typeof b !== 'number') return a === b;
  return Object.is(a, b) || Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(a), Math.abs(b));
}
