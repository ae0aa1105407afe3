import { measureColumns } from '../../data/schemas/measures.js';
import { eventColumns } from '../../data/schemas/events.js';
import { brokenRule } from '../../data/sinks/column-data.js';
import type { Column, Columns } from '../../data/schemas/column.js';
import type { HasQkv, TokenEvent } from '../../src/core/event.js';
import { formatValue } from '../../src/core/format.js';
import type { TraceBatch } from '../../src/core/trace.js';

/** Tables that operators of users may fill; the others are the run's own. */
const THEIRS: Readonly<Record<string, Columns>> = { measures: measureColumns, events: eventColumns };

/** Which rule the rows that an operator leaves of an event break; null: none. */
export function brokenRow(batch: TraceBatch, event: TokenEvent & HasQkv): string | null {
  if (typeof batch !== 'object' || batch === null) return `${formatValue(batch)} among its rows`;
  for (const [table, rows] of Object.entries(batch) as [string, readonly object[]][]) {
    const columns = THEIRS[table];
    if (columns === undefined)
      return `rows for table ${table}: operators fill ${Object.keys(THEIRS).join(' and ')}`;
    if (!Array.isArray(rows)) return `${table} is no list of rows`;
    for (const [i, row] of rows.entries()) {
      const rule =
        brokenField(row as object, columns) ?? (table === 'measures' ? strayed(row as object, event) : null);
      if (rule !== null) return `${table}, row ${i}: ${rule}`;
    }
  }
  return null;
}

function brokenField(row: object, columns: Columns): string | null {
  if (typeof row !== 'object' || row === null) return `${formatValue(row)} is no row`;
  for (const [name, column] of Object.entries(columns)) {
    const value = (row as Record<string, unknown>)[name];
    const rule = broken(column, value);
    if (rule !== null) return `${name} = ${formatValue(value)} ${rule}`;
  }
  const unknown = Object.keys(row).find((name) => !(name in columns));
  return unknown === undefined ? null : `${unknown} is no column: ${Object.keys(columns).join(', ')}`;
}

function broken(column: Column, value: unknown): string | null {
  if (value === undefined) return 'is missing';
  if (Number.isNaN(value)) return 'is not a number: leave the row out';
  return brokenRule(column, value, 1);
}

/** Rows are of the step that is written. */
function strayed(row: object, { streamId, layer, step }: TokenEvent & HasQkv): string | null {
  const { stream_id, layer: at, step: of } = row as Record<string, unknown>;
  if (stream_id === streamId && at === layer && of === step) return null;
  return `is of stream ${String(stream_id)}, layer ${String(at)}, step ${String(of)}`;
}
