import type { Atoms, Blocks, Job, Matrix, Role, Skip } from '../src/core/plan.js';
import type { BoardJob } from './kernels/kernel.js';
import type { Work } from './tiles.js';
import { WordWriter } from './word-writer.js';

/**
 * The jobs of a step as numbers, so that they can lie in shared memory and a message to a thread carries
 * nothing but where. Kinds and roles are written as their index here.
 */
const KINDS = ['grid', 'rows', 'product', 'mass', 'features', 'bounds'] as const;
const ROLES: readonly Role[] = ['both', 'numerator', 'denominator'];

/**
 * Write the works of a step: their count, then of each one its length in words, whether the fast kernel does it, and the
 * words that kernels read. `isFast` decides here, once: a thread need not read a job to know who does it.
 */
export function encodeBoard(
  works: readonly Work[],
  bytesPerNumber: number,
  isFast: (job: Job, precise: boolean) => boolean,
  words = new WordWriter(),
): WordWriter {
  words.push(works.length);
  for (const work of works) {
    const start = words.length;
    words.push(0);
    words.push(isFast(work.job, work.request.precise === true) ? 1 : 0);
    encodeWork(words, work, bytesPerNumber);
    words.set(start, words.length - start);
  }
  return words;
}

function encodeWork(
  words: WordWriter,
  { request, job, tileRows, rows, firstTile, tiles }: Work,
  bytesPerNumber: number,
): void {
  words.push(request.precise ? 1 : 0);
  words.push(request.q.offset / bytesPerNumber);
  words.push(request.d);
  words.push(request.scale);
  words.push(tileRows);
  words.push(rows);
  words.push(firstTile);
  words.push(tiles);
  words.push(KINDS.indexOf(job.kind));
  encodeJob(words, job);
}

/** Reads words in order: `int` for counts and indices below 2^32, `float` for the rest. */
class Reader {
  constructor(
    readonly words: ArrayLike<number>,
    public at: number,
  ) {}

  /**
   * Integers are made integers again: with a float64 as loop bound the compiler keeps the kernel's indices in float64,
   * which took half its speed.
   */
  int(): number {
    return this.words[this.at++] >>> 0;
  }

  float(): number {
    return this.words[this.at++];
  }
}

const HEAD = 2; // words of a work that kernels do not see: its length, and whether the fast kernel does it

/**
 * Read what `encodeBoard` wrote, which lies at byte `offset`, for a thread that may work in the bytes at `scratch`.
 * Jobs are read only when they are looked at: the native kernel reads the words itself.
 */
export function decodeBoard(words: ArrayLike<number>, offset: number, scratch: number): readonly BoardJob[] {
  const jobs: BoardJob[] = [];
  for (let i = 0, at = 1; i < words[0]; i++, at += words[at]) {
    jobs.push(new EncodedJob(words, at, offset, scratch));
  }
  return jobs;
}

class EncodedJob implements BoardJob {
  readonly words: number;
  readonly fast: boolean;
  readonly precise: boolean;
  readonly q: number;
  readonly d: number;
  readonly scale: number;
  readonly tileRows: number;
  readonly rows: number;
  readonly firstTile: number;
  readonly tiles: number;
  readonly #reader: Reader;
  #job: Job | null = null;

  constructor(
    words: ArrayLike<number>,
    at: number,
    offset: number,
    readonly scratch: number,
  ) {
    this.words = offset + Float64Array.BYTES_PER_ELEMENT * (at + HEAD);
    this.fast = words[at + 1] === 1;
    const reader = (this.#reader = new Reader(words, at + HEAD));
    this.precise = reader.int() === 1;
    this.q = reader.int();
    this.d = reader.int();
    this.scale = reader.float();
    this.tileRows = reader.int();
    this.rows = reader.int();
    this.firstTile = reader.int();
    this.tiles = reader.int();
  }

  get job(): Job {
    return (this.#job ??= decodeJob(this.#reader));
  }
}

function encodeJob(words: WordWriter, job: Job): void {
  switch (job.kind) {
    case 'grid':
      words.push(ROLES.indexOf(job.role));
      words.push(job.logScale);
      encodeAtoms(words, job.side1);
      encodeAtoms(words, job.side2);
      return encodeSkip(words, job.skip);
    case 'rows':
      words.push(ROLES.indexOf(job.role));
      words.push(job.logScale);
      encodeAtoms(words, job.atoms);
      return encodeSkip(words, job.skip);
    case 'bounds':
      encodeMatrix(words, job.keys1);
      words.push(job.keys2 === null ? 0 : 1);
      if (job.keys2 !== null) encodeMatrix(words, job.keys2);
      return encodeSkip(words, job.skip);
    case 'product':
      for (const m of [job.a, job.b, job.into]) encodeMatrix(words, m);
      return;
    case 'mass':
      words.push(job.side2 === null ? 0 : 1);
      words.push(job.logScale);
      encodeMatrix(words, job.into);
      encodeAtoms(words, job.side1);
      if (job.side2 !== null) encodeAtoms(words, job.side2);
      return;
    case 'features':
      words.push(job.side2 === null ? 0 : 1);
      words.push(job.factor);
      encodeMatrix(words, job.weights);
      encodeMatrix(words, job.side1);
      if (job.side2 !== null) encodeMatrix(words, job.side2);
  }
}

function decodeJob(reader: Reader): Job {
  const kind = KINDS[reader.int()];
  if (kind === 'product') {
    return { kind, a: decodeMatrix(reader), b: decodeMatrix(reader), into: decodeMatrix(reader) };
  }
  if (kind === 'features') {
    const [paired, factor] = [reader.int() === 1, reader.float() as 1 | -1];
    const [weights, side1] = [decodeMatrix(reader), decodeMatrix(reader)];
    return { kind, role: 'both', factor, weights, side1, side2: paired ? decodeMatrix(reader) : null };
  }
  if (kind === 'mass') {
    const [paired, logScale, into] = [reader.int() === 1, reader.float(), decodeMatrix(reader)];
    const side1 = decodeAtoms(reader);
    return { kind, logScale, into, side1, side2: paired ? decodeAtoms(reader) : null };
  }
  if (kind === 'bounds') {
    const keys1 = decodeMatrix(reader);
    const keys2 = reader.int() === 1 ? decodeMatrix(reader) : null;
    return { kind, keys1, keys2, skip: decodeSkip(reader)! };
  }
  const [role, logScale] = [ROLES[reader.int()], reader.float()];
  return kind === 'grid'
    ? {
        ...{ kind, role, logScale, side1: decodeAtoms(reader), side2: decodeAtoms(reader) },
        skip: decodeSkip(reader),
      }
    : { kind, role, logScale, atoms: decodeAtoms(reader), skip: decodeSkip(reader) };
}

/** After the atoms, so that a kernel that scores everything may leave it unread. */
function encodeSkip(words: WordWriter, skip: Skip | undefined): void {
  words.push(skip === undefined ? 0 : 1);
  if (skip === undefined) return;
  words.push(skip.tau);
  encodeMatrix(words, skip.bounds);
  encodeMatrix(words, skip.found);
  encodeBlocks(words, skip.blocks1);
  words.push(skip.blocks2 === null ? 0 : 1);
  if (skip.blocks2 !== null) encodeBlocks(words, skip.blocks2);
}

function decodeSkip(reader: Reader): Skip | undefined {
  if (reader.int() === 0) return undefined;
  const [tau, bounds, found] = [reader.float(), decodeMatrix(reader), decodeMatrix(reader)];
  const blocks1 = decodeBlocks(reader);
  return { tau, bounds, found, blocks1, blocks2: reader.int() === 1 ? decodeBlocks(reader) : null };
}

function encodeBlocks(words: WordWriter, { lo, hi }: Blocks): void {
  encodeMatrix(words, lo);
  encodeMatrix(words, hi);
}

function decodeBlocks(reader: Reader): Blocks {
  return { lo: decodeMatrix(reader), hi: decodeMatrix(reader) };
}

function encodeAtoms(words: WordWriter, { keys, values, logWeights }: Atoms): void {
  encodeMatrix(words, keys);
  encodeMatrix(words, values);
  words.push(logWeights === null ? 0 : 1);
  if (logWeights !== null) encodeMatrix(words, logWeights);
}

function decodeAtoms(reader: Reader): Atoms {
  const [keys, values] = [decodeMatrix(reader), decodeMatrix(reader)];
  return { keys, values, logWeights: reader.int() === 1 ? decodeMatrix(reader) : null };
}

function encodeMatrix(words: WordWriter, { width, count, spans }: Matrix): void {
  words.push(width);
  words.push(count);
  words.push(spans.length);
  for (const { offset, rows } of spans) {
    words.push(offset);
    words.push(rows);
  }
}

function decodeMatrix(reader: Reader): Matrix {
  const [width, count, length] = [reader.int(), reader.int(), reader.int()];
  const spans = Array.from({ length }, () => ({ offset: reader.float(), rows: reader.int() })); // beyond 2^32 too
  return { width, count, spans };
}
