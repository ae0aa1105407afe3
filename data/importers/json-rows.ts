import { badRecording } from '../sources/recording-format.js';
import type { RecordingBatch } from '../sources/recording-columns.js';
import { parseJsonLine, readLines, type Line } from './lines.js';
import { columnMap } from './row-columns.js';

const BATCH_ROWS = 256;
const MAX_ID = 2 ** 31 - 1;
const VECTORS = ['q', 'k1', 'k2', 'v1', 'v2'] as const;
type Row = Readonly<Record<string, unknown>>;
type Columns = ReturnType<typeof columnMap>;

/** Rows of JSON lines as batches, checked like those of any recording. Columns are those of the first line. */
export async function* jsonBatches(path: string, map: string | null): AsyncGenerator<RecordingBatch> {
  let columns: Columns | null = null;
  let d: number | null = null;
  let firstRow = 0;
  let rows: { line: Line; row: Row }[] = [];
  for await (const line of readLines(path)) {
    const row = parseJsonLine(path, line);
    columns ??= requireVectors(path, columnMap(Object.keys(row), map));
    rows.push({ line, row });
    if (rows.length < BATCH_ROWS) continue;
    const batch = toBatch(path, rows, columns, d, firstRow);
    yield batch;
    d = batch.d;
    firstRow += rows.length;
    rows = [];
  }
  if (columns !== null && rows.length > 0) yield toBatch(path, rows, columns, d, firstRow);
}

/** Names of the first line, for the report. */
export async function jsonNames(path: string): Promise<readonly string[]> {
  for await (const line of readLines(path)) return Object.keys(parseJsonLine(path, line));
  return [];
}

/** @throws Failure `bad-recording` for the column that is missing */
export function requireVectors(path: string, columns: Columns): Columns {
  const wanted = columns.has('k2') || columns.has('v2') ? VECTORS : (['q', 'k1', 'v1'] as const);
  for (const name of [...wanted, 'pos' as const])
    if (!columns.has(name))
      throw badRecording(path, `column ${name} is missing`, `say which it is, e.g. --map ${name}=NAME`);
  return columns;
}

function toBatch(
  path: string,
  rows: readonly { readonly line: Line; readonly row: Row }[],
  columns: Columns,
  known: number | null,
  firstRow: number,
): RecordingBatch {
  const fail = (line: Line, column: string, value: unknown, rule: string) =>
    badRecording(path, `line ${line.number}, ${column} is ${shown(value)}`, rule);
  const ids = (name: 'stream_id' | 'pos' | 'layer' | 'head' | 'token_id') =>
    Float64Array.from(rows, ({ line, row }) => {
      const theirs = columns.get(name);
      const value = theirs === undefined ? (name === 'token_id' ? null : 0) : row[theirs];
      if (name === 'token_id' && (value === null || value === undefined)) return NaN;
      if (Number.isInteger(value) && Number(value) >= 0 && Number(value) <= MAX_ID) return Number(value);
      throw fail(line, theirs ?? name, value, `it must be a whole number from 0 to ${MAX_ID}`);
    });
  const first = rows[0].row[columns.get('q')!];
  const d = known ?? (Array.isArray(first) ? first.length : 0);
  const vectors = (name: (typeof VECTORS)[number]) => {
    const theirs = columns.get(name);
    if (theirs === undefined) return null;
    const out = new Float32Array(rows.length * d);
    rows.forEach(({ line, row }, i) => {
      const value = row[theirs];
      if (!Array.isArray(value) || value.length !== d || d === 0)
        throw fail(line, theirs, value, `it must be a list of ${d > 0 ? d : 'at least 1'} numbers`);
      for (let j = 0; j < d; j++) {
        out[i * d + j] = typeof value[j] === 'number' ? value[j] : NaN;
        if (!Number.isFinite(out[i * d + j]))
          throw fail(line, `${theirs}[${j}]`, value[j], 'vectors must be finite float32 numbers');
      }
    });
    return out;
  };
  return {
    ...{ rows: rows.length, firstRow, d, owners: null },
    ids: { stream_id: ids('stream_id'), pos: ids('pos'), layer: ids('layer'), head: ids('head') },
    tokenIds: columns.has('token_id') ? ids('token_id') : null,
    vectors: {
      q: vectors('q')!,
      k1: vectors('k1')!,
      v1: vectors('v1')!,
      k2: vectors('k2'),
      v2: vectors('v2'),
    },
  };
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'missing';
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
