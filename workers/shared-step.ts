import type { SharedArena } from './arena.js';
import { decodeBoard, encodeBoard } from './board.js';
import type { BoardJob } from './kernels/kernel.js';
import { partialLength } from './kernels/partial.js';
import { tileCount, type Work } from './tiles.js';

/** Where a step lies in shared memory, in bytes: all that a message to a thread says. */
export interface StepAddress {
  readonly words: number;
  readonly wordCount: number;
  /** Int32: number of the next tile to take, then one flag per tile, 1 when its partial is whole. */
  readonly control: number;
  readonly tiles: number;
  readonly partials: number;
  /** float64 numbers from one partial to the next */
  readonly stride: number;
  /** Where the thread may work; see `Tiling.scratch`. */
  readonly scratch: number;
}

interface Piece {
  offset: number;
  bytes: number;
}

/** The shared memory of the step that is being answered; used again from step to step, grown when needed. */
export class SharedStep {
  readonly #words: Piece = { offset: 0, bytes: 0 };
  readonly #control: Piece = { offset: 0, bytes: 0 };
  readonly #partials: Piece = { offset: 0, bytes: 0 };
  readonly #scratch: Piece = { offset: 0, bytes: 0 };

  /** `scratch` bytes are kept for each of `threads` that work at the same time. */
  constructor(
    readonly arena: SharedArena,
    readonly scratch: number,
    readonly threads = 1,
  ) {}

  /** Write jobs where threads can read them; no tile is taken or done yet. */
  load(works: readonly Work[]): StepAddress {
    const words = encodeBoard(works, this.arena.bytesPerNumber);
    const tiles = tileCount(works);
    const stride = partialLength(Math.max(...works.map(({ request }) => request.d)));
    this.#reserve(this.#words, 8 * words.length);
    this.#reserve(this.#control, 4 * (1 + tiles));
    this.#reserve(this.#partials, 8 * stride * tiles);
    this.#reserve(this.#scratch, this.scratch * this.threads, 1);
    this.arena.doubles(this.#words.offset, words.length).set(words);
    this.arena.ints(this.#control.offset, 1 + tiles).fill(0);
    return {
      words: this.#words.offset,
      wordCount: words.length,
      control: this.#control.offset,
      tiles,
      partials: this.#partials.offset,
      stride,
      scratch: this.#scratch.offset,
    };
  }

  /** The same step for each of some threads, with scratch memory of its own. */
  perThread(address: StepAddress, threads: number): readonly StepAddress[] {
    return Array.from({ length: threads }, (_, i) => ({
      ...address,
      scratch: address.scratch + i * this.scratch,
    }));
  }

  /** Tiles whose partial is not whole: a thread died over them. */
  missing({ control, tiles }: StepAddress): number {
    return this.arena.ints(control + 4, tiles).reduce((count, done) => count + (done === 1 ? 0 : 1), 0);
  }

  /** Let threads start from the first tile again; those that are done are passed over. */
  rewind({ control }: StepAddress): void {
    this.arena.ints(control, 1)[0] = 0;
  }

  /** The partial of a tile, for a head of size d. Valid until the next `load`. */
  reader({ partials, stride }: StepAddress, works: readonly Work[]): (tile: number) => Float64Array {
    const last = works.at(-1);
    const all = this.arena.doubles(partials, stride * (last ? last.firstTile + last.tiles : 0));
    return (tile) => all.subarray(tile * stride, (tile + 1) * stride);
  }

  #reserve(piece: Piece, bytes: number, growth = 2): void {
    if (bytes <= piece.bytes) return;
    if (piece.bytes > 0) this.arena.freeBytes(piece.offset, piece.bytes);
    piece.bytes = growth * bytes;
    piece.offset = this.arena.allocBytes(piece.bytes);
  }
}

/** Take tiles until none is left. `run` is called for each tile that is not done yet. */
export function takeTiles(
  memory: WebAssembly.Memory,
  { words, wordCount, control, tiles, partials, stride, scratch }: StepAddress,
  run: (job: BoardJob, tile: number, out: Float64Array) => void,
): void {
  const { buffer } = memory; // the getter takes microseconds on some versions of V8
  const flags = new Int32Array(buffer, control, 1 + tiles);
  const jobs = decodeBoard(new Float64Array(buffer, words, wordCount), words, scratch);
  let at = 0;
  for (;;) {
    const tile = Atomics.add(flags, 0, 1);
    if (tile >= tiles) return;
    while (tile >= jobs[at].firstTile + jobs[at].tiles) at++; // tiles come in ascending order
    if (flags[1 + tile] === 1) continue;
    const { d } = jobs[at];
    run(jobs[at], tile, new Float64Array(buffer, partials + 8 * stride * tile, partialLength(d)));
    Atomics.store(flags, 1 + tile, 1);
  }
}
