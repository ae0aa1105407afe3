import type { Atoms, Blocks, Job, Matrix, Role, Skip, TaskJob } from '../src/core/plan.js';
import type { Work } from './tiles.js';
import { WordWriter } from './word-writer.js';

/**
 * The jobs of a step as numbers, so that they can lie in shared memory and a message to a thread carries
 * nothing but where. Kinds and roles are written as their index here.
 */
export const KINDS = ['grid', 'rows', 'product', 'mass', 'features', 'bounds', 'task'] as const;

/** The same for roles. */
export const ROLES: readonly Role[] = ['both', 'numerator', 'denominator'];

/** Words of a work that kernels do not see: its length, and whether the fast kernel does it. */
export const HIDDEN = 2;

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

/** Write one job, from its kind's own words on. */
export function encodeJob(words: WordWriter, job: Job): void {
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
      return;
    case 'task':
      return encodeTask(words, job);
  }
}

/** Its name letter by letter: tasks are few, and no thread needs a list of them. */
function encodeTask(words: WordWriter, { role, task, rows, pairs, inputs, numbers }: TaskJob): void {
  words.push(ROLES.indexOf(role));
  words.push(task.length);
  for (let i = 0; i < task.length; i++) words.push(task.charCodeAt(i));
  words.push(rows);
  words.push(pairs);
  words.push(inputs.length);
  for (const input of inputs) {
    words.push(input.wide === undefined ? 0 : 1);
    encodeMatrix(words, input);
  }
  words.push(numbers.length);
  for (const number of numbers) words.push(number);
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

function encodeBlocks(words: WordWriter, { lo, hi }: Blocks): void {
  encodeMatrix(words, lo);
  encodeMatrix(words, hi);
}

function encodeAtoms(words: WordWriter, { keys, values, logWeights }: Atoms): void {
  encodeMatrix(words, keys);
  encodeMatrix(words, values);
  words.push(logWeights === null ? 0 : 1);
  if (logWeights !== null) encodeMatrix(words, logWeights);
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
