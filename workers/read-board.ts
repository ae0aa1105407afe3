import type { Atoms, Blocks, Job, Matrix, Skip, TaskJob } from '../src/core/plan.js';
import { HIDDEN, KINDS, ROLES } from './board.js';
import type { BoardJob } from './kernels/kernel.js';

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
    this.words = offset + Float64Array.BYTES_PER_ELEMENT * (at + HIDDEN);
    this.fast = words[at + 1] === 1;
    const reader = (this.#reader = new Reader(words, at + HIDDEN));
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
  if (kind === 'task') return decodeTask(reader);
  const [role, logScale] = [ROLES[reader.int()], reader.float()];
  return kind === 'grid'
    ? {
        ...{ kind, role, logScale, side1: decodeAtoms(reader), side2: decodeAtoms(reader) },
        skip: decodeSkip(reader),
      }
    : { kind, role, logScale, atoms: decodeAtoms(reader), skip: decodeSkip(reader) };
}

function decodeTask(reader: Reader): TaskJob {
  const role = ROLES[reader.int()];
  const task = String.fromCharCode(...list(reader, () => reader.int()));
  const [rows, pairs] = [reader.int(), reader.float()];
  const inputs = list(reader, () => {
    const wide = reader.int() === 1;
    return wide ? { wide: 'f64' as const, ...decodeMatrix(reader) } : decodeMatrix(reader);
  });
  return { kind: 'task', role, task, rows, pairs, inputs, numbers: list(reader, () => reader.float()) };
}

function list<T>(reader: Reader, read: () => T): T[] {
  return Array.from({ length: reader.int() }, read);
}

function decodeSkip(reader: Reader): Skip | undefined {
  if (reader.int() === 0) return undefined;
  const [tau, bounds, found] = [reader.float(), decodeMatrix(reader), decodeMatrix(reader)];
  const blocks1 = decodeBlocks(reader);
  return { tau, bounds, found, blocks1, blocks2: reader.int() === 1 ? decodeBlocks(reader) : null };
}

function decodeBlocks(reader: Reader): Blocks {
  return { lo: decodeMatrix(reader), hi: decodeMatrix(reader) };
}

function decodeAtoms(reader: Reader): Atoms {
  const [keys, values] = [decodeMatrix(reader), decodeMatrix(reader)];
  return { keys, values, logWeights: reader.int() === 1 ? decodeMatrix(reader) : null };
}

function decodeMatrix(reader: Reader): Matrix {
  const [width, count, length] = [reader.int(), reader.int(), reader.int()];
  const spans = Array.from({ length }, () => ({ offset: reader.float(), rows: reader.int() })); // beyond 2^32 too
  return { width, count, spans };
}
