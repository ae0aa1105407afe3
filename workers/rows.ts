import type { Arena, Floats, Rows, Slot, Span } from '../src/core/memory.js';

const FIRST_ROWS = 64;
const MAX_BLOCK_BYTES = 1 << 28; // 256 MiB: a block must fit into one piece of a 4 GiB memory, many times

interface Block {
  readonly slot: Slot;
  /** Index of its first row. */
  readonly start: number;
  /** Rows it can hold. */
  readonly rows: number;
}

/**
 * Rows in blocks that double in size: n rows take O(log n) blocks, no row ever moves, and the part of the
 * last block that is not used yet was never touched, so it takes no physical memory.
 */
export class SharedRows implements Rows {
  #blocks: Block[] = [];
  #count = 0;
  #spans: readonly Span[] | null = null;

  constructor(
    readonly arena: Arena,
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
    this.#spans = null;
  }

  spans(): readonly Span[] {
    this.#spans ??= this.#blocks
      .filter(({ start }) => start < this.#count)
      .map(({ slot, start, rows }) => ({ offset: slot.offset, rows: Math.min(rows, this.#count - start) }));
    return this.#spans;
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
    const wanted = Math.max(FIRST_ROWS, this.#capacity);
    const rows = Math.max(1, Math.min(wanted, Math.floor(MAX_BLOCK_BYTES / this.#rowBytes)));
    this.#blocks.push({ slot: this.arena.alloc(rows * this.width), start: this.#capacity, rows });
  }

  #blockOf(index: number): Block {
    let b = this.#blocks.length - 1;
    while (this.#blocks[b].start > index) b--;
    return this.#blocks[b];
  }
}
