import { badInput } from './tensor.js';

const MAX_COUNT = 2 ** 31 - 1;

/** Where a value stands, for messages. */
export interface ValuePlace {
  readonly path: string;
  readonly line: number;
  readonly column: string;
}

/** A count of tokens, or an id. @throws Failure naming line and column */
export function count(at: ValuePlace, value: unknown): number {
  const number = typeof value === 'string' && /^\d{1,10}(\.0*)?$/.test(value) ? Number(value) : value;
  if (Number.isInteger(number) && Number(number) >= 0 && Number(number) <= MAX_COUNT) return Number(number);
  throw bad(at, value, `a whole number from 0 to ${MAX_COUNT}`);
}

/** A time in some unit of `ns` nanoseconds, as nanoseconds. @throws Failure naming line and column */
export function time(at: ValuePlace, value: unknown, ns: number): number {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (
    typeof number === 'number' &&
    Number.isFinite(number) &&
    Math.abs(number * ns) <= Number.MAX_SAFE_INTEGER
  )
    return Math.round(number * ns);
  throw bad(at, value, 'a time');
}

/**
 * A date and time such as `2023-11-16 18:17:03.9799600`, as seconds and nanoseconds: no float64 holds both exactly.
 * @throws Failure naming line and column
 */
export function moment(at: ValuePlace, value: unknown): { readonly seconds: number; readonly ns: number } {
  const found = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(?:Z|\+00:00)?$/.exec(String(value));
  const ms = found === null ? NaN : Date.parse(`${found[1]}T${found[2]}Z`);
  if (found === null || Number.isNaN(ms)) throw bad(at, value, 'a time such as 2023-11-16 18:17:03.9799600');
  return { seconds: ms / 1000, ns: Number((found[3] ?? '').padEnd(9, '0')) };
}

/** A text, or null for what is empty or missing. */
export function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : null;
}

/** A list of ids. @throws Failure naming line and column */
export function ids(at: ValuePlace, value: unknown): readonly number[] {
  if (!Array.isArray(value)) throw bad(at, value, 'a list of ids');
  return value.map((id) => count(at, id));
}

function bad({ path, line, column }: ValuePlace, value: unknown, rule: string) {
  const shown = JSON.stringify(value) ?? 'missing';
  const short = shown.length > 60 ? `${shown.slice(0, 60)}…` : shown;
  return badInput(path, `line ${line}, column ${column} is ${short}`, `it must be ${rule}`);
}
