import type { Atoms, Job, Matrix, Role } from '../src/core/plan.js';
import type { BoardJob } from './kernels/kernel.js';
import type { Work } from './tiles.js';

/**
 * The jobs of a step as numbers, so that they can lie in shared memory and a message to a thread carries
 * nothing but where. Kinds and roles are written as their index here.
 */
const KINDS = ['grid', 'rows', 'product', 'mass'] as const;
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
 * Read what `encodeBoard` wrote, which lies at byte `offset`. Integers (below 2^32) are made integers again: with a float64 as loop bound the
 * compiler keeps the kernel's indices in float64, which took half its speed.
 */
export function decodeBoard(words: ArrayLike<number>, offset: number): readonly BoardJob[] {
  let at = 0;
  const reader: Reader = { int: () => words[at++] >>> 0, float: () => words[at++] };
  const { int, float } = reader;
  return Array.from({ length: int() }, () => {
    const start = offset + Float64Array.BYTES_PER_ELEMENT * at;
    const precise = int() === 1;
    const [q, d, scale] = [int(), int(), float()];
    const [tileRows, rows, firstTile, tiles] = [int(), int(), int(), int()];
    return { words: start, precise, q, d, scale, tileRows, rows, firstTile, tiles, job: decodeJob(reader) };
  });
}

function encodeJob(words: number[], job: Job): void {
  switch (job.kind) {
    case 'grid':
      words.push(ROLES.indexOf(job.role), job.logScale);
      encodeAtoms(words, job.side1);
      return encodeAtoms(words, job.side2);
    case 'rows':
      words.push(ROLES.indexOf(job.role), job.logScale);
      return encodeAtoms(words, job.atoms);
    case 'product':
      for (const m of [job.a, job.b, job.into]) encodeMatrix(words, m);
      return;
    case 'mass':
      words.push(job.side2 === null ? 0 : 1, job.logScale);
      encodeMatrix(words, job.into);
      encodeAtoms(words, job.side1);
      if (job.side2 !== null) encodeAtoms(words, job.side2);
  }
}

function decodeJob(reader: Reader): Job {
  const kind = KINDS[reader.int()];
  if (kind === 'product') {
    return { kind, a: decodeMatrix(reader), b: decodeMatrix(reader), into: decodeMatrix(reader) };
  }
  if (kind === 'mass') {
    const [paired, logScale, into] = [reader.int() === 1, reader.float(), decodeMatrix(reader)];
    const side1 = decodeAtoms(reader);
    return { kind, logScale, into, side1, side2: paired ? decodeAtoms(reader) : null };
  }
  const [role, logScale] = [ROLES[reader.int()], reader.float()];
  return kind === 'grid'
    ? { kind, role, logScale, side1: decodeAtoms(reader), side2: decodeAtoms(reader) }
    : { kind, role, logScale, atoms: decodeAtoms(reader) };
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
