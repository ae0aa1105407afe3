import { readTable, type TableBatch } from '../data/sinks/read-table.js';
import { readSealedRun } from '../data/sinks/read-steps.js';
import type { ColumnData } from '../data/sinks/column-data.js';
import type { RunFile } from '../data/schemas/run-file.js';
import { tableColumns, tableNames, type TableName } from '../data/schemas/tables.js';
import { Failure } from '../src/core/failure.js';
import { configSchema } from './config.js';

const KEYS: Readonly<Record<TableName, readonly string[]>> = {
  steps: ['stream_id', 'layer', 'head', 'cache', 'step'],
  outputs: ['stream_id', 'layer', 'head', 'cache', 'step'],
  recording: ['stream_id', 'pos', 'layer', 'head'],
  measures: ['stream_id', 'layer', 'head', 'cache', 'step', 'name', 'x'],
  events: [], // a thread that died is an event, and no two runs need to share that
};

/** The first place where two traces differ. */
export interface Difference {
  readonly table: TableName;
  /** Row of the file, from 0, and its key in A, or in B where A has no such row. */
  readonly row: number;
  readonly key: Readonly<Record<string, string | number>>;
  /** Null: only one of them has this row. */
  readonly column: string | null;
  readonly a: string;
  readonly b: string;
}

/** What comparing two traces found. */
export interface Verified {
  /** Tables that were compared, and their rows; up to the first difference. */
  readonly compared: Readonly<Partial<Record<TableName, number>>>;
  /** Tables that only one of them has. */
  readonly onlyInOne: readonly TableName[];
  /** Null: every value of every row is the same. */
  readonly difference: Difference | null;
}

/**
 * Compare two sealed traces row by row and value by value: all columns but the measured `_ns` ones, in file order, a batch
 * at a time. Null equals null and NaN equals NaN; 0 and −0 differ, as they do in `result_sha256`. With a tolerance t,
 * numbers are equal within t·max(1, |a|, |b|).
 *
 * @throws Failure `bad-trace` when one cannot be read, or rows cannot be paired: other sizes, order or caches
 */
export async function verifyTraces(a: string, b: string, tolerance = 0): Promise<Verified> {
  const [runA, runB] = [await readSealedRun(a), await readSealedRun(b)];
  refuseUnlike(a, runA, b, runB);
  const has = (run: RunFile, table: TableName) => run.outputs[`${table}.parquet`] !== undefined;
  const names = tableNames.filter((table) => KEYS[table].length > 0);
  const onlyInOne = names.filter((table) => has(runA, table) !== has(runB, table));
  const compared: Partial<Record<TableName, number>> = {};
  for (const table of names.filter((name) => has(runA, name) && has(runB, name))) {
    const columns = comparedColumns(table, runA);
    const [left, right] = [readTable(a, runA, table, columns), readTable(b, runB, table, columns)];
    const { rows, difference } = await compareRows(table, left, right, { columns, d: runA.d, tolerance });
    compared[table] = rows;
    if (difference !== null) return { compared, onlyInOne, difference };
  }
  return { compared, onlyInOne, difference: null };
}

/** Keys first: a difference in them says more than one in what follows from it. */
function comparedColumns(table: TableName, { order }: RunFile): readonly string[] {
  const timeless = Object.keys(tableColumns(table, order)).filter((name) => !name.endsWith('_ns'));
  return [...KEYS[table], ...timeless.filter((name) => !KEYS[table].includes(name))];
}

function refuseUnlike(a: string, runA: RunFile, b: string, runB: RunFile): void {
  const facts = (run: RunFile) => {
    const config = configSchema.safeParse(run.config);
    const caches = config.success ? config.data.caches.map(({ label }) => label).join(', ') : 'unknown';
    const { d, heads, layers, order } = run;
    return { order, d, heads, layers, caches };
  };
  const [ofA, ofB] = [facts(runA), facts(runB)];
  for (const key of ['order', 'd', 'heads', 'layers', 'caches'] as const) {
    if (ofA[key] === ofB[key]) continue;
    throw new Failure(
      'bad-trace',
      `${a} has ${key} = ${ofA[key]}, ${b} has ${key} = ${ofB[key]}: their rows cannot be compared`,
      'compare two runs of the same shape and caches',
    );
  }
}

interface How {
  readonly columns: readonly string[];
  readonly d: number;
  readonly tolerance: number;
}

/** Walk through both at once; their batches need not end at the same rows. */
async function compareRows(
  table: TableName,
  left: AsyncGenerator<TableBatch>,
  right: AsyncGenerator<TableBatch>,
  how: How,
): Promise<{ readonly rows: number; readonly difference: Difference | null }> {
  const [one, other] = [cursor(left), cursor(right)];
  try {
    for (let row = 0; ;) {
      const [a, b] = [await one.here(), await other.here()];
      if (a === null && b === null) return { rows: row, difference: null };
      if (a === null || b === null) return { rows: row, difference: extraRow(table, row, a, b) };
      const rows = Math.min(a.batch.rows - a.at, b.batch.rows - b.at);
      const found = firstDifference(a, b, rows, how);
      if (found !== null) {
        const difference = describe(table, row + found.row, found, [a, b], how.d);
        return { rows: row + found.row, difference };
      }
      one.skip(rows);
      other.skip(rows);
      row += rows;
    }
  } finally {
    await left.return(undefined);
    await right.return(undefined);
  }
}

interface Place {
  readonly batch: TableBatch;
  readonly at: number;
}

function cursor(batches: AsyncGenerator<TableBatch>) {
  let batch: TableBatch | null = null;
  let at = 0;
  return {
    /** Null at the end. */
    async here(): Promise<Place | null> {
      while (batch === null || at === batch.rows) {
        const next = await batches.next();
        if (next.done === true) return null;
        [batch, at] = [next.value, 0];
      }
      return { batch, at };
    },
    skip: (rows: number) => void (at += rows),
  };
}

interface Found {
  /** From where both places stand. */
  readonly row: number;
  readonly column: string;
  /** Of a vector. */
  readonly element: number;
}

function firstDifference(a: Place, b: Place, rows: number, { columns, d, tolerance }: How): Found | null {
  let first: Found | null = null;
  for (const column of columns) {
    const [x, y] = [a.batch.columns[column], b.batch.columns[column]];
    const until = first === null ? rows : first.row; // of one row, the first column counts
    const width = x.values instanceof Float32Array ? d : 1;
    const found = differsAt([x, a.at], [y, b.at], until, width, tolerance);
    if (found !== null) first = { column, ...found };
  }
  return first;
}

function differsAt(
  [x, atX]: readonly [ColumnData, number],
  [y, atY]: readonly [ColumnData, number],
  rows: number,
  width: number,
  tolerance: number,
): { readonly row: number; readonly element: number } | null {
  for (let row = 0; row < rows; row++) {
    const [i, j] = [atX + row, atY + row];
    const [validX, validY] = [x.valid === null || x.valid[i] === 1, y.valid === null || y.valid[j] === 1];
    if (validX !== validY) return { row, element: 0 };
    if (!validX) continue;
    for (let element = 0; element < width; element++) {
      if (!isSame(x.values[i * width + element], y.values[j * width + element], tolerance))
        return { row, element };
    }
  }
  return null;
}

function isSame(x: unknown, y: unknown, tolerance: number): boolean {
  if (Object.is(x, y)) return true;
  if (tolerance === 0 || typeof x !== 'number' || typeof y !== 'number') return false;
  return Math.abs(x - y) <= tolerance * Math.max(1, Math.abs(x), Math.abs(y));
}

function describe(
  table: TableName,
  row: number,
  { column, element, row: back }: Found,
  [a, b]: readonly [Place, Place],
  d: number,
): Difference {
  const isVector = a.batch.columns[column].values instanceof Float32Array;
  const value = ({ batch, at }: Place) => {
    const { values, valid } = batch.columns[column];
    if (valid !== null && valid[at + back] !== 1) return 'null';
    const found = values[isVector ? (at + back) * d + element : at + back];
    return Object.is(found, -0) ? '-0' : String(found);
  };
  const key = keyAt(table, { ...a, at: a.at + back });
  return { table, row, key, column: isVector ? `${column}[${element}]` : column, a: value(a), b: value(b) };
}

function keyAt(table: TableName, { batch, at }: Place): Difference['key'] {
  return Object.fromEntries(KEYS[table].map((name) => [name, batch.columns[name].values[at]]));
}

function extraRow(table: TableName, row: number, a: Place | null, b: Place | null): Difference {
  const key = keyAt(table, (a ?? b)!);
  const said = (place: Place | null) => (place === null ? 'no such row' : 'a row');
  return { table, row, key, column: null, a: said(a), b: said(b) };
}
