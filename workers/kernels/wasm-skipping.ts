import { SKIP_BLOCK, type AtomsJob, type GridJob, type Matrix, type Skip } from '../../src/core/plan.js';
import { encodeJob, KINDS } from '../board.js';
import { WordWriter } from '../word-writer.js';
import { eachRun, gather } from './gather.js';
import { TILINGS, type BoardJob } from './kernel.js';
import { addPartial, addRest, clearPartial, PARTIAL, partialLength } from './partial.js';
import { boundsOf, floorOf, gatherBoxes, rowsBound } from './skip.js';

const WORTH = 0.3; // of a block's bound: bounds of rows were hardly ever lower

/** Score all pairs of rows [from, to) of a job, whose words lie at byte `words`, and leave their partial in `out`. */
export type ScoreAll = (
  work: BoardJob,
  job: AtomsJob,
  words: number,
  from: number,
  to: number,
  out: Float64Array,
) => void;

/** The job of a kernel that skips, as it lies on the board. */
interface Skipping {
  readonly work: BoardJob;
  readonly job: AtomsJob;
  readonly skip: Skip;
  /** Where blocks are certainly left out: below a score that was found, less tau. */
  readonly floor: number;
  readonly out: Float64Array;
}

/**
 * Skipping for a kernel that cannot: it is given the same job with only those blocks of side 2 that are left, for 64 rows of
 * side 1 at a time, or for 32, where that leaves more out. What is left out is decided as the reference does.
 */
export class WasmSkipping {
  readonly #writer = new WordWriter();
  #floats: Float32Array = new Float32Array(0);

  /** `taken`: bytes of a thread's scratch memory that the kernel works in; what comes behind is for words and a partial. */
  constructor(
    readonly scoreAll: ScoreAll,
    readonly taken: number,
  ) {}

  /** Rows [from, to), whole blocks of side 1, but for pairs that cannot matter. */
  run(work: BoardJob, job: AtomsJob, skip: Skip, from: number, to: number, out: Float64Array): void {
    if (this.#floats.buffer !== out.buffer) this.#floats = new Float32Array(out.buffer);
    clearPartial(out);
    out[PARTIAL.mean] = out[PARTIAL.m2] = out[PARTIAL.squares] = NaN;
    const skipping = { work, job, skip, floor: floorOf(this.#floats, skip), out };
    for (let a = from; a < to; a += SKIP_BLOCK) this.#panel(skipping, a, Math.min(to, a + SKIP_BLOCK));
  }

  #panel(skipping: Skipping, from: number, to: number): void {
    const { work, job, skip, floor, out } = skipping;
    const bounds = boundsOf(this.#floats, skip, from / SKIP_BLOCK);
    const least = Math.max(floor, out[PARTIAL.max] - skip.tau);
    if (job.kind === 'rows') {
      if (bounds[0] < least) return addRest(out, to - from, bounds[0]);
      return this.#score(skipping, job, work.words, from, to);
    }
    const middle = Math.min(to, from + SKIP_BLOCK / 2);
    const [first, second] = this.#left(skipping, job, bounds, least, from, middle, to);
    const alike = first.length === second.length && first.every((block, i) => block === second[i]);
    if (alike) return this.#blocks(skipping, job, first, bounds.length, from, to);
    this.#blocks(skipping, job, first, bounds.length, from, middle);
    this.#blocks(skipping, job, second, bounds.length, middle, to);
  }

  /** The blocks of side 2 that are left for rows [from, middle) and for rows [middle, to). */
  #left(
    { work, skip, out }: Skipping,
    { side1, side2 }: GridJob,
    bounds: Float64Array,
    least: number,
    from: number,
    middle: number,
    to: number,
  ): readonly [number[], number[]] {
    const left: [number[], number[]] = [[], []];
    let y: Float64Array | null = null; // of these rows, only where somebody looks
    for (const [block, bound] of bounds.entries()) {
      const columns = Math.min(SKIP_BLOCK, side2.keys.count - block * SKIP_BLOCK);
      if (bound < least) {
        addRest(out, (to - from) * columns, bound);
        continue;
      }
      const looks = WORTH * bound < least;
      if (looks) out[PARTIAL.flops] += 3 * work.d * (to - from);
      for (const [half, [first, end]] of [[from, middle] as const, [middle, to] as const].entries()) {
        if (looks) {
          y ??= this.#scaledKeys(work, side1.keys, from, to);
          const { lo, hi } = gatherBoxes(this.#floats, skip.blocks2!, block, block + 1, null);
          const own = rowsBound(y, first - from, end - from, lo, hi);
          if (own < least) {
            addRest(out, (end - first) * columns, own);
            continue;
          }
        }
        left[half].push(block);
      }
    }
    return left;
  }

  /** scale·q * k1 of rows [from, to), (… × d) */
  #scaledKeys({ q, d, scale }: BoardJob, keys: Matrix, from: number, to: number): Float64Array {
    const y = new Float64Array((to - from) * d);
    gather(this.#floats, keys, from, to, y);
    return y.map((x, i) => scale * this.#floats[q + (i % d)] * x);
  }

  /** Rows [from, to) with some of the `all` blocks of side 2. */
  #blocks(
    skipping: Skipping,
    job: GridJob,
    blocks: readonly number[],
    all: number,
    from: number,
    to: number,
  ): void {
    if (blocks.length === 0 || from === to) return;
    if (blocks.length === all) return this.#score(skipping, job, skipping.work.words, from, to);
    const { work, out } = skipping;
    const [keys, values] = [job.side2.keys, job.side2.values].map((matrix) => only(matrix, blocks));
    const left: GridJob = { ...job, side2: { keys, values, logWeights: null }, skip: undefined };
    const words = this.#words(work, left);
    const at = work.scratch + this.taken + 8 * partialLength(work.d);
    if (at + 8 * words.length > work.scratch + TILINGS.wasm.scratch) {
      return this.#score(skipping, job, work.words, from, to); // no room for the words: it may score what it need not
    }
    new Float64Array(out.buffer, at, words.length).set(words);
    this.#score(skipping, left, at, from, to);
  }

  /** As on the board, but for what only the caller reads. */
  #words({ q, d, scale }: BoardJob, job: GridJob): Float64Array {
    const words = this.#writer;
    words.clear();
    for (const word of [0, q, d, scale, 0, 0, 0, 0, KINDS.indexOf('grid')]) words.push(word);
    encodeJob(words, job);
    return words.words;
  }

  /** Add the partial of rows [from, to) to `out`. */
  #score({ work, out }: Skipping, job: AtomsJob, words: number, from: number, to: number): void {
    const partial = new Float64Array(out.buffer, work.scratch + this.taken, partialLength(work.d));
    clearPartial(partial);
    this.scoreAll(work, job, words, from, to, partial);
    addPartial(out, partial);
  }
}

/** The rows of some blocks, in order. */
function only(matrix: Matrix, blocks: readonly number[]): Matrix {
  const { width } = matrix;
  const spans: { offset: number; rows: number }[] = [];
  let count = 0;
  for (const block of blocks) {
    const to = Math.min(matrix.count, (block + 1) * SKIP_BLOCK);
    eachRun(matrix, 4, block * SKIP_BLOCK, to, (start, rows) => {
      const last = spans.at(-1);
      if (last !== undefined && last.offset + 4 * width * last.rows === 4 * start) last.rows += rows;
      else spans.push({ offset: 4 * start, rows });
      count += rows;
    });
  }
  return { width, count, spans };
}
