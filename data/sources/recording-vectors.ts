import { DataType, type Data, type FixedSizeList } from 'apache-arrow';
import { badCell, firstInvalid, nullAt, type Place } from './recording-place.js';

/** Whether a column can hold vectors: lists of float32 or float64 of any kind. */
export function isVector(type: DataType): boolean {
  if (!DataType.isFixedSizeList(type) && !DataType.isList(type) && !DataType.isLargeList(type)) return false;
  const number: unknown = type.children[0].type;
  return DataType.isFloat(number) && number.ArrayType !== Uint16Array; // float16 arrives as raw bits
}

/**
 * A vector column, (rows × d); null if every row is null. `d` null: that of the first row. `holds` says which rows
 * must have a vector where heads share them: the others must be null, and are zeros in what is returned.
 *
 * @throws Failure `bad-recording` naming row and column
 */
export function readVectors(
  at: Place,
  column: string,
  data: Data | null,
  d: number | null,
  holds: Uint8Array | null,
): Float32Array | null {
  if (data === null || DataType.isNull(data.type) || data.nullCount === at.rows) return null;
  if (holds !== null) checkHolders(at, column, data, holds);
  else if (data.nullCount > 0) throw nullAt(at, column, firstInvalid(data));
  const [child] = data.children as Data[];
  const offset = offsetsOf(data);
  const length = d ?? offset(1) - offset(0);
  for (let i = 0; i < at.rows; i++) {
    const found = offset(i + 1) - offset(i);
    if ((found === length && found > 0) || holds?.[i] === 0) continue;
    const hint = d === null && i === 0 ? 'd must be at least 1' : `all vectors must have d = ${length}`;
    throw badCell(at, column, i, `has ${found} numbers`, hint);
  }
  if (child.nullCount > 0 && holds === null) {
    const row = Math.floor((firstInvalid(child) - offset(0)) / length);
    throw badCell(at, column, row, 'holds a null', 'every vector needs d numbers');
  }
  const stored = child.values as Float32Array | Float64Array;
  if (offset(0) < 0 || offset(at.rows) > stored.length) {
    throw badCell(at, column, 0, `lies outside its ${stored.length} numbers`, 'copy or record it again');
  }
  const values =
    holds === null ? dense(stored, offset(0), offset(at.rows)) : spread(stored, offset, holds, length);
  checkFinite(at, column, values, holds === null ? stored.subarray(offset(0)) : values, length);
  return values;
}

/** Vectors with a bias on every number; the same memory when there is none. */
export function addBias(vectors: Float32Array | null, bias: number | null): Float32Array | null {
  return vectors === null || bias === null ? vectors : vectors.map((value) => value + bias);
}

function offsetsOf({ type, valueOffsets }: Data): (i: number) => number {
  if (DataType.isFixedSizeList(type)) return (i) => i * (type as FixedSizeList).listSize;
  const offsets = valueOffsets as unknown as ArrayLike<number>;
  return (i) => Number(offsets[i]);
}

function checkHolders(at: Place, column: string, data: Data, holds: Uint8Array): void {
  for (let i = 0; i < at.rows; i++) {
    if (data.getValid(i) === (holds[i] === 1)) continue;
    if (holds[i] === 1) throw nullAt(at, column, i);
    const hint = 'leave it null: kronflow.kv_heads says that this head shares the keys of another';
    throw badCell(at, column, i, 'is not null', hint);
  }
}

function dense(stored: Float32Array | Float64Array, from: number, to: number): Float32Array {
  const part = stored.subarray(from, to);
  return part instanceof Float32Array ? part : Float32Array.from(part);
}

function spread(
  stored: Float32Array | Float64Array,
  offset: (i: number) => number,
  holds: Uint8Array,
  d: number,
): Float32Array {
  const values = new Float32Array(holds.length * d);
  holds.forEach((held, i) => {
    if (held === 1) values.set(stored.subarray(offset(i), offset(i) + d), i * d);
  });
  return values;
}

/** `stored` has the numbers as the file does: a double may be finite there and not here. */
function checkFinite(
  at: Place,
  column: string,
  values: Float32Array,
  stored: Float32Array | Float64Array,
  d: number,
): void {
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i])) continue;
    const what = `holds ${stored[i]} at index ${i % d}`;
    throw badCell(at, column, Math.floor(i / d), what, 'vectors must be finite float32 numbers');
  }
}
