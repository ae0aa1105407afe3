import type { Column } from '../schemas/column.js';
import { brokenRule, type ColumnData, type Values } from './column-data.js';

type Numbers = Int32Array | Float64Array | Float32Array | Uint8Array;

/** One column that grows by rows. Every value is checked against the column before it is stored. */
export interface ColumnBuffer {
  readonly column: Column;
  /** Append a value as a row holds it. Returns the rule it breaks, or null; a refused value is not stored. */
  push(value: unknown): string | null;
  /** Append rows [from, to) of checked data of the same type. Returns the first row refused and why, or null. */
  append(data: ColumnData, from: number, to: number): { readonly row: number; readonly rule: string } | null;
  /** All rows, as views that are valid until the next change. */
  view(): ColumnData;
  /** Forget the rows from `rows` on. */
  truncate(rows: number): void;
}

/** An empty column; d is the length of its vectors, if it holds vectors. */
export function columnBuffer(column: Column, d = 1): ColumnBuffer {
  if (column.type === 'UTF8') return stringBuffer(column);
  return numberBuffer(column, column.type === 'VECTOR' ? d : 1);
}

function allocate(column: Column, length: number): Numbers {
  if (column.type === 'INT32') return new Int32Array(length);
  if (column.type === 'DOUBLE') return new Float64Array(length);
  return column.type === 'VECTOR' ? new Float32Array(length) : new Uint8Array(length);
}

function numberBuffer(column: Column, width: number): ColumnBuffer {
  let capacity = 256;
  let rows = 0;
  let values = allocate(column, capacity * width);
  const nulls = nullMask();
  const isVector = column.type === 'VECTOR';

  function reserve(more: number): void {
    if (rows + more <= capacity) return;
    capacity = Math.max(2 * capacity, rows + more);
    const grown = allocate(column, capacity * width);
    grown.set(values.subarray(0, rows * width));
    values = grown;
  }

  return {
    column,
    push(value) {
      const rule = brokenRule(column, value, width);
      if (rule !== null) return rule;
      if (rows === capacity) reserve(1);
      if (value === null) nulls.mark(rows);
      if (isVector) values.set(value as ArrayLike<number>, rows * width);
      else values[rows] = Number(value); // true and false become 1 and 0
      rows++;
      return null;
    },
    append(data, from, to) {
      const refused = checkRange(column, data, from, to, width);
      if (refused !== null) return refused;
      reserve(to - from);
      nulls.copy(data.valid, from, to, rows);
      const source = data.values as Numbers;
      const part = ArrayBuffer.isView(source)
        ? source.subarray(from * width, to * width)
        : (source as readonly number[]).slice(from * width, to * width);
      values.set(part, rows * width);
      rows += to - from;
      return null;
    },
    view: () => ({ values: values.subarray(0, rows * width), valid: nulls.view(rows) }),
    truncate(to) {
      rows = to;
      nulls.truncate(to);
    },
  };
}

function stringBuffer(column: Column): ColumnBuffer {
  let values: string[] = [];
  const nulls = nullMask();
  return {
    column,
    push(value) {
      const rule = brokenRule(column, value, 1);
      if (rule !== null) return rule;
      if (value === null) nulls.mark(values.length);
      values.push((value as string | null) ?? '');
      return null;
    },
    append(data, from, to) {
      const refused = checkRange(column, data, from, to, 1);
      if (refused !== null) return refused;
      nulls.copy(data.valid, from, to, values.length);
      const source = data.values as readonly string[];
      for (let i = from; i < to; i++) values.push(source[i]);
      return null;
    },
    view: () => ({ values, valid: nulls.view(values.length) }),
    truncate(to) {
      values = values.slice(0, to); // a fresh array: views given out stay as they were
      nulls.truncate(to);
    },
  };
}

/** A mask that costs nothing while no row is null. */
function nullMask() {
  let valid = new Uint8Array(256).fill(1);
  let seen = false;
  function reserve(rows: number): void {
    if (rows <= valid.length) return;
    const grown = new Uint8Array(Math.max(rows, 2 * valid.length)).fill(1);
    grown.set(valid);
    valid = grown;
  }
  return {
    mark(row: number): void {
      reserve(row + 1);
      valid[row] = 0;
      seen = true;
    },
    copy(source: Uint8Array | null, from: number, to: number, at: number): void {
      if (source === null) return;
      reserve(at + to - from);
      valid.set(source.subarray(from, to), at);
      seen = true;
    },
    view(rows: number): Uint8Array | null {
      if (!seen) return null;
      reserve(rows);
      return valid.subarray(0, rows);
    },
    truncate(rows: number): void {
      if (!seen) return;
      valid.fill(1, rows);
      seen = rows > 0 && valid.subarray(0, rows).includes(0);
    },
  };
}

const EXACT = {
  INT32: Int32Array,
  DOUBLE: Float64Array,
  VECTOR: Float32Array,
  BOOLEAN: Uint8Array,
  UTF8: null,
};

/** Typed arrays of the column's own type need no look at their values; anything else is checked one by one. */
function checkRange(column: Column, { values, valid }: ColumnData, from: number, to: number, width: number) {
  if (valid !== null && !column.nullable) {
    const row = valid.subarray(from, to).indexOf(0);
    if (row >= 0) return { row: from + row, rule: 'null is not allowed in this column' };
  }
  const exact = EXACT[column.type];
  if (values.length < to * width)
    return { row: Math.floor(values.length / width), rule: 'the column is too short' };
  if (exact !== null && values instanceof exact) return null;
  if (column.type === 'VECTOR') return { row: from, rule: 'vectors must come as one Float32Array' };
  for (let row = from; row < to; row++) {
    if (valid !== null && valid[row] === 0) continue;
    const value = (values as Values)[row];
    const rule = brokenRule(column, value, width);
    if (rule !== null) return { row, rule: `${String(value)} ${rule}` };
  }
  return null;
}
