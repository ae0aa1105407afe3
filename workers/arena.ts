import { Failure } from '../src/core/failure.js';
import { formatBytes } from '../src/core/format.js';
import type { Arena, Floats, Rows, Slot, Wide } from '../src/core/memory.js';
import { SharedRows } from './rows.js';

const PAGE = 65_536; // bytes, fixed by WebAssembly
const MAX_PAGES = 65_536; // 4 GiB, the end of 32-bit addresses
const GROWING_BYTES = MAX_PAGES * PAGE;

/** The most that can be shared, in bytes: the reference indexes float32 numbers with 32-bit integers. */
export const LARGEST_MEMORY = 2 ** 33;
const GROW_PAGES = 256; // 16 MiB: growing is a system call, untouched pages cost nothing
const SLACK = PAGE; // native kernels read whole vectors, a little past the last row
const ALIGN = 128; // bytes: two cache lines, and the widest vector of any kernel

/** What holds the numbers that all threads share; only a `WebAssembly.Memory` can grow, and be read by wasm. */
export type SharedMemory = WebAssembly.Memory | { readonly buffer: SharedArrayBuffer };

/** The memory that all threads share. The only file that knows that, and how, it is shared. */
export class SharedArena implements Arena {
  readonly bytesPerNumber: 4 | 8;
  readonly #free = new Map<number, number[]>(); // offsets of freed pieces, by their bytes
  #end = ALIGN; // byte 0 stays unused, so that offset 0 can mean "none"
  #all: Floats;

  private constructor(
    readonly memory: SharedMemory,
    readonly dtype: 'f32' | 'f64',
  ) {
    this.bytesPerNumber = dtype === 'f32' ? 4 : 8;
    this.#all = wholeView(memory, dtype);
  }

  /**
   * An empty memory that grows on demand up to 4 GiB; or, where `bytes` are planned that need more, one of that size at once,
   * which the operating system backs with pages as they are touched, and which wasm cannot read.
   * @throws Failure `out-of-memory`
   */
  static create(dtype: 'f32' | 'f64' = 'f32', bytes = 0): SharedArena {
    if (bytes > GROWING_BYTES - SLACK) return new SharedArena(fixedMemory(bytes), dtype);
    const memory = new WebAssembly.Memory({ initial: GROW_PAGES, maximum: MAX_PAGES, shared: true });
    return new SharedArena(memory, dtype);
  }

  /** Bytes of the memory as it is now. */
  get byteLength(): number {
    return this.#all.byteLength;
  }

  /** Bytes handed out so far, freed ones included. */
  get reservedBytes(): number {
    return this.#end;
  }

  alloc(length: number): Slot {
    return { offset: this.allocBytes(length * this.bytesPerNumber), length };
  }

  free({ offset, length }: Slot): void {
    this.freeBytes(offset, length * this.bytesPerNumber);
  }

  /** Reserve bytes, aligned to 128; a piece of the same size that was freed is used again. */
  allocBytes(bytes: number): number {
    const size = Math.ceil(bytes / ALIGN) * ALIGN;
    const freed = this.#free.get(size)?.pop();
    if (freed !== undefined) return freed;
    const offset = this.#end;
    this.#grow(offset + size);
    this.#end = offset + size;
    return offset;
  }

  freeBytes(offset: number, bytes: number): void {
    const size = Math.ceil(bytes / ALIGN) * ALIGN;
    const list = this.#free.get(size);
    if (list) list.push(offset);
    else this.#free.set(size, [offset]);
  }

  view({ offset, length }: Slot): Floats {
    const start = offset / this.bytesPerNumber;
    return this.#all.subarray(start, start + length);
  }

  /** A view on `length` float64 numbers from byte `offset`, whatever the dtype. */
  doubles(offset: number, length: number): Float64Array {
    return new Float64Array(this.#all.buffer, offset, length);
  }

  /** A view on `length` int32 numbers from byte `offset`. */
  ints(offset: number, length: number): Int32Array {
    return new Int32Array(this.#all.buffer, offset, length);
  }

  rows(width: number, charge: (bytes: number) => void, wide?: Wide): Rows {
    return new SharedRows(wide ? this.#wide() : this, width, charge);
  }

  /** The same memory as float64 numbers. */
  #wide(): Omit<Arena, 'rows'> {
    return {
      dtype: 'f64',
      bytesPerNumber: 8,
      alloc: (length) => ({ offset: this.allocBytes(8 * length), length }),
      free: ({ offset, length }) => this.freeBytes(offset, 8 * length),
      view: ({ offset, length }) => this.doubles(offset, length),
    };
  }

  #grow(end: number): void {
    const missing = end + SLACK - this.#all.byteLength;
    if (missing <= 0) return;
    if (!(this.memory instanceof WebAssembly.Memory)) this.#refuse(end);
    const pages = Math.max(GROW_PAGES, Math.ceil(missing / PAGE));
    const room = MAX_PAGES - this.#all.byteLength / PAGE;
    try {
      this.memory.grow(Math.min(room, pages));
    } catch (cause) {
      this.#refuse(end, cause);
    }
    this.#all = wholeView(this.memory, this.dtype);
    if (this.#all.byteLength < end + SLACK) this.#refuse(end);
  }

  #refuse(end: number, cause?: unknown): never {
    const grows = this.memory instanceof WebAssembly.Memory;
    throw outOfMemory(
      `shared memory would need ${formatBytes(end)}, but it can hold ${formatBytes(grows ? GROWING_BYTES : this.byteLength)}`,
      cause,
    );
  }
}

function fixedMemory(bytes: number): SharedMemory {
  const size = Math.ceil((bytes + SLACK) / PAGE) * PAGE;
  const need = `shared memory would need ${formatBytes(size)}, but`;
  if (bytes > LARGEST_MEMORY) {
    throw outOfMemory(`${need} it can hold ${formatBytes(LARGEST_MEMORY)}`);
  }
  try {
    return { buffer: new SharedArrayBuffer(size) };
  } catch (cause) {
    throw outOfMemory(`${need} the system does not give so much at once`, cause);
  }
}

function outOfMemory(what: string, cause?: unknown): Failure {
  const hint =
    'decode fewer --tokens, use a smaller --d or fewer --heads, or drop the cache that grows fastest';
  return new Failure('out-of-memory', what, hint, { cause });
}

/** All of a shared memory as numbers. Made again after the memory has grown: old views stay short. */
export function wholeView(memory: SharedMemory, dtype: 'f32' | 'f64'): Floats {
  return dtype === 'f32' ? new Float32Array(memory.buffer) : new Float64Array(memory.buffer);
}
