import type { Arena, Floats, Rows, Slot, Span } from '../src/core/memory.js';

const STEP_ROWS = 64; // a block is a multiple of this: kernels take so many rows at a time
const GROWTH = 1 / 8; // of what is held: a matrix of 4 GiB has about a hundred blocks

interface Block {
  readonly slot: Slot;
  /** Index of its first row. */
  readonly start: number;
  /** Rows it can hold. */
  readonly rows: number;
}

/** The most bytes that matrices reserve of which `bytes` are in use; one row of every matrix takes `rowBytes`. */
export function mostReserved(bytes: number, rowBytes: number): number {
  return bytes * (1 + GROWTH) + STEP_ROWS * rowBytes;
}

/**
 * Rows in blocks that grow with what is held: n rows take O(log n) blocks, no row ever moves, and at most an
 * eighth of the addresses are reserved ahead. The part of the last block that is not used yet was never touched,
 * so it takes no physical memory.
 */
export class SharedRows implements Rows {
  #blocks: Block[] = [];
  #count = 0;
  #spans: readonly Span[] | null = null;
  #views: readonly Floats[] | null = null;

  constructor(
    readonly arena: Omit<Arena, 'rows'>,
    readonly width: number,
    readonly charge: (bytes: number) => void,
  ) {}

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#count * this.#rowBytes;
  }

  append(row: ArrayLike<number>): void {
    this.resize(this.#count + 1);
    this.write(this.#count - 1, row);
  }

  write(index: number, row: ArrayLike<number>): void {
    if (row.length !== this.width) throw new RangeError(`a row of ${row.length} numbers, not ${this.width}`);
    this.read(index).set(row);
  }

  read(index: number): Floats {
    if (!(index >= 0 && index < this.#count)) throw new RangeError(`row ${index} of ${this.#count}`);
    const { slot, start } = this.#blockOf(index);
    const offset = slot.offset + (index - start) * this.#rowBytes;
    return this.arena.view({ offset, length: this.width });
  }

  resize(count: number): void {
    const more = (count - this.#count) * this.#rowBytes;
    this.charge(more);
    try {
      while (count > this.#capacity) this.#addBlock();
    } catch (error) {
      this.charge(-more); // the ledger holds only what is there (law L2)
      throw error;
    }
    this.#count = count;
    this.#spans = this.#views = null;
  }

  spans(): readonly Span[] {
    this.#spans ??= this.#blocks
      .filter(({ start }) => start < this.#count)
      .map(({ slot, start, rows }) => ({ offset: slot.offset, rows: Math.min(rows, this.#count - start) }));
    return this.#spans;
  }

  views(): readonly Floats[] {
    this.#views ??= this.spans().map(({ offset, rows }) =>
      this.arena.view({ offset, length: rows * this.width }),
    );
    return this.#views;
  }

  snapshot(): Floats {
    const Kind = this.arena.dtype === 'f32' ? Float32Array : Float64Array;
    const copy = new Kind(this.#count * this.width);
    for (let i = 0; i < this.#count; i++) copy.set(this.read(i), i * this.width);
    return copy;
  }

  restore(rows: Floats): void {
    this.resize(rows.length / this.width);
    for (let i = 0; i < this.#count; i++) this.write(i, rows.subarray(i * this.width, (i + 1) * this.width));
  }

  release(): void {
    this.resize(0);
    for (const { slot } of this.#blocks) this.arena.free(slot);
    this.#blocks = [];
  }

  get #rowBytes(): number {
    return this.width * this.arena.bytesPerNumber;
  }

  get #capacity(): number {
    const last = this.#blocks.at(-1);
    return last === undefined ? 0 : last.start + last.rows;
  }

  #addBlock(): void {
    const rows = Math.max(1, Math.ceil((this.#capacity * GROWTH) / STEP_ROWS)) * STEP_ROWS;
    this.#blocks.push({ slot: this.arena.alloc(rows * this.width), start: this.#capacity, rows });
  }

  #blockOf(index: number): Block {
    let [low, high] = [0, this.#blocks.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#blocks[middle].start > index) high = middle - 1;
      else low = middle;
    }
    return this.#blocks[low];
  }
}
