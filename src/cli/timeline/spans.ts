import type { TimedRow } from './step-rows.js';

/** The work of one cache and head in one stretch of time, whole nanoseconds since the run started. */
export interface Span {
  readonly row: TimedRow;
  readonly name: 'update' | 'plan' | 'queue' | 'attend';
  readonly start: number;
  readonly end: number;
  /** What was measured; more than end − start where it did not fit. */
  readonly measured: number;
}

type Part = Span['name'];

/**
 * Lay the measured durations of one layer into the time between `after` and the moment its rows were made. A trace has
 * durations and that moment, no starts: a layer appends to all caches, then plans for all, then submits all at once, and
 * its answers are there when its rows are made. What does not fit is cut, because attention adds up over threads.
 * In order of their starts.
 */
export function layerSpans(rows: readonly TimedRow[], after: number): readonly Span[] {
  const made = Math.max(after, rows[0].t ?? after);
  const longest = Math.max(...rows.map(({ queue, attend }) => (queue ?? 0) + (attend ?? 0)));
  const submitted = Math.max(after, made - longest);
  const planned = Math.max(after, submitted - sumOf(rows, 'plan'));
  const appended = Math.max(after, planned - sumOf(rows, 'update'));
  const spans = [
    ...inTurn(rows, 'update', [appended, planned]),
    ...inTurn(rows, 'plan', [planned, submitted]),
    ...rows.flatMap((row) => answerSpans(row, submitted, made)),
  ];
  return spans.sort((a, b) => a.start - b.start);
}

/** One row after another, on the main thread. */
function inTurn(
  rows: readonly TimedRow[],
  name: 'update' | 'plan',
  [from, to]: readonly [number, number],
): Span[] {
  let start = from;
  return rows.flatMap((row) => {
    const measured = row[name];
    if (measured === null) return [];
    const span = { row, name, start, end: Math.min(to, start + measured), measured };
    start = span.end;
    return [span];
  });
}

function answerSpans(row: TimedRow, submitted: number, made: number): Span[] {
  const [queue, attend] = [row.queue ?? 0, row.attend];
  if (attend === null) return [];
  const begun = Math.min(made, submitted + queue);
  const waiting: Span = { row, name: 'queue', start: submitted, end: begun, measured: queue };
  const working: Span = {
    row,
    name: 'attend',
    start: begun,
    end: Math.min(made, begun + attend),
    measured: attend,
  };
  return [...(queue > 0 ? [waiting] : []), working];
}

function sumOf(rows: readonly TimedRow[], part: Part): number {
  return rows.reduce((sum, row) => sum + (row[part] ?? 0), 0);
}
