import { nearest } from '../../src/core/nearest.js';
import type { Path } from '../files/tree.js';
import type { Row } from './table-rows.js';

/** One expectation that was not met. */
export interface Finding {
  /** Where it stands, from `expect` on. */
  readonly path: Path;
  readonly expected: string;
  readonly found: string;
  /** The first row that is not as expected; null where it is not about a row. */
  readonly row: Row | null;
  /** Rows that are not as expected, beside this one. */
  readonly more: number;
}

/** What to say of a column that a table does not have; there are too many to name them all. */
export function noColumn(path: Path, column: string, row: Row): Finding {
  const known = Object.keys(row);
  const near = nearest(column, known);
  const meant = near === known ? '' : `; did you mean ${near.join(' or ')}?`;
  const found = `no such column${meant} (docs/trace.md lists them)`;
  return { path, expected: `a column ${column}`, found, row: null, more: 0 };
}

const KEY = ['stream_id', 'layer', 'head', 'cache', 'step', 'name'];

/** What names a row, in words. */
export function rowText(row: Row): string {
  return KEY.filter((name) => row[name] !== undefined && row[name] !== null)
    .map((name) => `${name === 'stream_id' ? 'stream' : name} ${row[name]}`)
    .join(', ');
}

/** What names a row, as one text: caches apart, rows of two caches have the same. */
export function rowKey(row: Row, without: readonly string[] = []): string {
  return KEY.filter((name) => !without.includes(name))
    .map((name) => String(row[name] ?? ''))
    .join('/');
}
