import type { SharedMemory } from './arena.js';
import { decodeBoard } from './read-board.js';
import type { OpenKernels } from './kernels/ladder.js';
import { partialLength } from './kernels/partial.js';
import { HEAD, HEAD_LENGTH } from './step-head.js';
import { timedTile } from './timed-tile.js';

/** Where one thread finds steps and works on them; bytes of shared memory. */
export interface Seat {
  readonly head: number;
  /** Memory for this thread alone; see `Tiling.scratch`. */
  readonly scratch: number;
}

const since = Number(process.hrtime.bigint()) - 1e6 * performance.now();

/** Nanoseconds on a clock that all threads share; `performance.now` is a third of the cost of a bigint. */
export const now = (): number => since + 1e6 * performance.now();

/**
 * Takes tiles of the steps that lie in shared memory, in one thread. Views are made again only when what they show has
 * moved: to make one takes longer than a small tile's share of everything else.
 */
export class TileTaker {
  #buffer: ArrayBufferLike;
  readonly #head: Float64Array;
  #words: Float64Array = new Float64Array(0);
  #flags: Int32Array = new Int32Array(0);
  #outs: Float64Array[] = [];
  #partials = 0;
  #stride = 0;

  constructor(
    readonly memory: SharedMemory,
    readonly kernels: OpenKernels,
    readonly seat: Seat,
  ) {
    this.#buffer = memory.buffer;
    this.#head = new Float64Array(this.#buffer, seat.head, HEAD_LENGTH);
  }

  /** Do tiles of the step at hand until none is left to take. */
  take(): void {
    this.#open();
    const [tiles, flags] = [this.#head[HEAD.tiles], this.#flags];
    const jobs = decodeBoard(this.#words, this.#head[HEAD.words], this.seat.scratch);
    let at = 0;
    for (;;) {
      const tile = Atomics.add(flags, 0, 1);
      if (tile >= tiles) return;
      while (tile >= jobs[at].firstTile + jobs[at].tiles) at++; // tiles come in ascending order
      if (flags[1 + tile] === 1) continue;
      timedTile(this.kernels.of(jobs[at]), jobs[at], tile, this.partial(tile, jobs[at].d), now);
      Atomics.store(flags, 1 + tile, 1);
    }
  }

  /** The partial of a tile of the step at hand, for a head of size d. Holds until the next step. */
  partial(tile: number, d: number): Float64Array {
    const known = this.#outs[tile];
    if (known?.length === partialLength(d)) return known;
    const offset = this.#partials + Float64Array.BYTES_PER_ELEMENT * this.#stride * tile;
    return (this.#outs[tile] = new Float64Array(this.#buffer, offset, partialLength(d)));
  }

  #open(): void {
    const head = this.#head;
    if (head[HEAD.memoryBytes] > this.#buffer.byteLength) {
      this.#buffer = this.memory.buffer; // the getter takes microseconds on some versions of V8
      this.#words = new Float64Array(0);
      this.#flags = new Int32Array(0);
      this.#outs = [];
    }
    const [words, flags, partials] = [head[HEAD.words], head[HEAD.flags], head[HEAD.partials]];
    if (this.#words.byteOffset !== words || this.#words.byteLength !== head[HEAD.wordBytes]) {
      this.#words = new Float64Array(this.#buffer, words, head[HEAD.wordBytes] / 8);
    }
    if (this.#flags.byteOffset !== flags || this.#flags.byteLength !== head[HEAD.flagBytes]) {
      this.#flags = new Int32Array(this.#buffer, flags, head[HEAD.flagBytes] / 4);
    }
    if (this.#partials !== partials || this.#stride !== head[HEAD.stride]) {
      [this.#partials, this.#stride] = [partials, head[HEAD.stride]];
      this.#outs = [];
    }
  }
}
