import type { Atoms, Blocks, Job, Matrix, Role, Skip } from '../src/core/plan.js';
import type { BoardJob } from './kernels/kernel.js';
import type { Work } from './tiles.js';

/**
 * The jobs of a step as numbers, so that they can lie in shared memory and a message to a thread carries
 * nothing but where. Kinds and roles are written as their index here.
 */
const KINDS = ['grid', 'rows', 'product', 'mass', 'features', 'bounds'] as const;
const ROLES: readonly Role[] = ['both', 'numerator', 'denominator'];

/** Write the works of a step as numbers: their count, then each work. */
export function encodeBoard(works: readonly Work[], bytesPerNumber: number): number[] {
  const words: number[] = [works.length];
  for (const { request, job, tileRows, rows, firstTile, tiles } of works) {
    const { q, d, scale, precise } = request;
    words.push(
      precise ? 1 : 0,
      q.offset / bytesPerNumber,
      d,
      scale,
      tileRows,
      rows,
      firstTile,
      tiles,
      KINDS.indexOf(job.kind),
    );
    encodeJob(words, job);
  }
  return words;
}

/** Reads words in order: `int` for offsets, counts and indices, `float` for the rest. */
interface Reader {
  int(): number;
  float(): number;
}

/**
 * Read what `encodeBoard` wrote, which lies at byte `offset`, for a thread that may work in the bytes at `scratch`.
 * Integers (below 2^32) are made integers again: with a float64 as loop bound the compiler keeps the kernel's indices
 * in float64, which took half its speed.
 */
export function decodeBoard(words: ArrayLike<number>, offset: number, scratch: number): readonly BoardJob[] {
  let at = 0;
  const reader: Reader = { int: () => words[at++] >>> 0, float: () => words[at++] };
  const { int, float } = reader;
  return Array.from({ length: int() }, () => {
    const start = offset + Float64Array.BYTES_PER_ELEMENT * at;
    const precise = int() === 1;
    const [q, d, scale] = [int(), int(), float()];
    const [tileRows, rows, firstTile, tiles] = [int(), int(), int(), int()];
    return {
      words: start,
      scratch,
      precise,
      q,
      d,
      scale,
      tileRows,
      rows,
      firstTile,
      tiles,
      job: decodeJob(reader),
    };
  });
}

function encodeJob(words: number[], job: Job): void {
  switch (job.kind) {
    case 'grid':
      words.push(ROLES.indexOf(job.role), job.logScale);
      encodeAtoms(words, job.side1);
      encodeAtoms(words, job.side2);
      return encodeSkip(words, job.skip);
    case 'rows':
      words.push(ROLES.indexOf(job.role), job.logScale);
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
      words.push(job.side2 === null ? 0 : 1, job.logScale);
      encodeMatrix(words, job.into);
      encodeAtoms(words, job.side1);
      if (job.side2 !== null) encodeAtoms(words, job.side2);
      return;
    case 'features':
      words.push(job.side2 === null ? 0 : 1, job.factor);
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
function encodeSkip(words: number[], skip: Skip | undefined): void {
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

function encodeBlocks(words: number[], { lo, hi }: Blocks): void {
  encodeMatrix(words, lo);
  encodeMatrix(words, hi);
}

function decodeBlocks(reader: Reader): Blocks {
  return { lo: decodeMatrix(reader), hi: decodeMatrix(reader) };
}

function encodeAtoms(words: number[], { keys, values, logWeights }: Atoms): void {
  encodeMatrix(words, keys);
  encodeMatrix(words, values);
  words.push(logWeights === null ? 0 : 1);
  if (logWeights !== null) encodeMatrix(words, logWeights);
}

function decodeAtoms(reader: Reader): Atoms {
  const [keys, values] = [decodeMatrix(reader), decodeMatrix(reader)];
  return { keys, values, logWeights: reader.int() === 1 ? decodeMatrix(reader) : null };
}

function encodeMatrix(words: number[], { width, count, spans }: Matrix): void {
  words.push(width, count, spans.length);
  for (const { offset, rows } of spans) words.push(offset, rows);
}

function decodeMatrix({ int }: Reader): Matrix {
  const [width, count, length] = [int(), int(), int()];
  return { width, count, spans: Array.from({ length }, () => ({ offset: int(), rows: int() })) };
}
