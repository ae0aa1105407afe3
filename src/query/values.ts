import type { DuckDBValue } from '@duckdb/node-api';

/**
 * A value of a query as a plain one: numbers (bigint where a number would not be exact), text, booleans, null, lists and
 * objects. What JavaScript has no exact type for (times, long decimals, blobs, …) is the text that DuckDB prints.
 */
export function plainValue(value: DuckDBValue): unknown {
  if (typeof value === 'bigint') return exactInteger(value);
  if (typeof value !== 'object' || value === null) return value;
  const { items, entries } = value as { items?: readonly DuckDBValue[]; entries?: unknown };
  if (items) return items.map(plainValue);
  if (Array.isArray(entries))
    return entries.map(({ key, value }: { key: DuckDBValue; value: DuckDBValue }) => ({
      key: plainValue(key),
      value: plainValue(value),
    }));
  if (typeof entries === 'object' && entries !== null)
    return Object.fromEntries(
      Object.entries(entries).map(([name, part]) => [name, plainValue(part as DuckDBValue)]),
    );
  return isShortDecimal(value) ? Number(value.toString()) : value.toString();
}

function exactInteger(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** 15 digits and fewer survive as a number: it prints as it was. */
function isShortDecimal(value: object): boolean {
  const { width, scale } = value as { width?: unknown; scale?: unknown };
  return typeof width === 'number' && typeof scale === 'number' && value.toString().length <= 16;
}
