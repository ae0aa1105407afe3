/** A vector of a flatbuffer, its length held against the bytes behind it. */
export interface FlatVector {
  /** Byte of the first element. */
  readonly start: number;
  readonly length: number;
}

/**
 * Tables of a flatbuffer, read by hand. Everything is read through a DataView, which throws a RangeError for any byte
 * outside: generated readers return 0 there and then loop over lengths of garbage.
 */
export class Flatbuffer {
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  root(): number {
    return this.table(0);
  }

  /** Field `index` of a table: the byte where it stands, or null where it is left out. */
  field(table: number, index: number): number | null {
    const vtable = table - this.#view.getInt32(table, true);
    if (4 + 2 * index >= this.#view.getUint16(vtable, true)) return null;
    const offset = this.#view.getUint16(vtable + 4 + 2 * index, true);
    return offset === 0 ? null : table + offset;
  }

  int(table: number, index: number, type: 'Uint8' | 'Int16' | 'Int32', otherwise = 0): number {
    const at = this.field(table, index);
    if (at === null) return otherwise;
    return type === 'Uint8' ? this.#view.getUint8(at) : this.#view[`get${type}`](at, true);
  }

  /** A 64-bit integer. @throws RangeError when no number holds it */
  long(table: number, index: number): number {
    const at = this.field(table, index);
    return at === null ? 0 : this.longAt(at);
  }

  longAt(at: number): number {
    const value = Number(this.#view.getBigInt64(at, true));
    if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is no size`);
    return value;
  }

  intAt(at: number): number {
    return this.#view.getInt32(at, true);
  }

  /** The table that an offset at byte `at` points to. */
  table(at: number): number {
    const table = at + this.#view.getUint32(at, true);
    this.#view.getInt32(table, true); // it must have its first word
    return table;
  }

  tableField(table: number, index: number): number | null {
    const at = this.field(table, index);
    return at === null ? null : this.table(at);
  }

  /** @throws RangeError when the elements do not fit into the bytes that are there */
  vector(table: number, index: number, elementBytes: number): FlatVector {
    const at = this.field(table, index);
    if (at === null) return { start: 0, length: 0 };
    const vector = at + this.#view.getUint32(at, true);
    const length = this.#view.getUint32(vector, true);
    if (vector + 4 + length * elementBytes > this.#view.byteLength)
      throw new RangeError(`a list of ${length} does not fit`);
    return { start: vector + 4, length };
  }

  text(table: number, index: number): string {
    const { start, length } = this.vector(table, index, 1);
    return Buffer.from(this.#view.buffer, this.#view.byteOffset + start, length).toString();
  }
}
