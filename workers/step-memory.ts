import type { SharedArena } from './arena.js';
import { encodeBoard } from './board.js';
import type { OpenKernels } from './kernels/ladder.js';
import { partialLength } from './kernels/partial.js';
import { HEAD, HEAD_LENGTH } from './step-head.js';
import { tileCount, type Work } from './tiles.js';
import { WordWriter } from './word-writer.js';

interface Piece {
  offset: number;
  bytes: number;
}

/** The shared memory of the step that is being answered; used again from step to step, grown when needed. */
export class StepMemory {
  /** Byte offset of the head, which says where the rest is; it never moves. */
  readonly head: number;
  readonly #words: Piece = { offset: 0, bytes: 0 };
  readonly #flags: Piece = { offset: 0, bytes: 0 };
  readonly #partials: Piece = { offset: 0, bytes: 0 };
  readonly #writer = new WordWriter();
  readonly #headView: Float64Array;
  #wordView: Float64Array = new Float64Array(0);
  #flagView: Int32Array = new Int32Array(0);
  /** Tiles of the step at hand. */
  tiles = 0;

  constructor(
    readonly arena: SharedArena,
    readonly kernels: OpenKernels,
  ) {
    this.head = arena.allocBytes(8 * HEAD_LENGTH);
    this.#headView = arena.doubles(this.head, HEAD_LENGTH);
  }

  /** Write jobs where threads can read them; no tile is taken or done yet. */
  load(works: readonly Work[]): void {
    this.#writer.clear();
    const { words } = encodeBoard(works, this.arena.bytesPerNumber, this.kernels.isFast, this.#writer);
    const stride = partialLength(works.reduce((most, { request }) => Math.max(most, request.d), 0));
    this.tiles = tileCount(works);
    if (this.#reserve(this.#words, 8 * words.length)) {
      this.#wordView = this.arena.doubles(this.#words.offset, this.#words.bytes / 8);
    }
    if (this.#reserve(this.#flags, 4 * (1 + this.tiles))) {
      this.#flagView = this.arena.ints(this.#flags.offset, this.#flags.bytes / 4);
    }
    this.#reserve(this.#partials, 8 * stride * this.tiles);
    this.#wordView.set(words);
    this.#flagView.fill(0, 0, 1 + this.tiles);
    this.#writeHead(stride);
  }

  /** Tiles whose partial is not whole: a thread died over them. */
  missing(): number {
    let done = 0;
    for (let tile = 1; tile <= this.tiles; tile++) done += this.#flagView[tile];
    return this.tiles - done;
  }

  /** Let threads start from the first tile again; those that are done are passed over. */
  rewind(): void {
    this.#flagView[0] = 0;
  }

  #writeHead(stride: number): void {
    const head = this.#headView;
    head[HEAD.words] = this.#words.offset;
    head[HEAD.wordBytes] = this.#words.bytes;
    head[HEAD.flags] = this.#flags.offset;
    head[HEAD.flagBytes] = this.#flags.bytes;
    head[HEAD.partials] = this.#partials.offset;
    head[HEAD.stride] = stride;
    head[HEAD.tiles] = this.tiles;
    head[HEAD.memoryBytes] = this.arena.byteLength;
  }

  /** Returns whether it moved. */
  #reserve(piece: Piece, bytes: number): boolean {
    if (bytes <= piece.bytes) return false;
    if (piece.bytes > 0) this.arena.freeBytes(piece.offset, piece.bytes);
    piece.bytes = 8 * Math.ceil(bytes / 4); // twice as much: it will be needed soon
    piece.offset = this.arena.allocBytes(piece.bytes);
    return true;
  }
}
