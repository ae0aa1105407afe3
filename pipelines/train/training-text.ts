import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Failure } from '../../src/core/failure.js';

/** Bytes of a text, for all threads. */
export interface TrainingText {
  readonly all: SharedArrayBuffer;
  /** Bytes that are trained on, from the start; the rest is held out. */
  readonly train: number;
  readonly sha256: string;
}

/**
 * Read a text whose last share `heldOut` is not trained on.
 * @throws Failure `not-found`; `bad-input` when either part is no longer than `longest`, the longest sequence
 */
export async function readTrainingText(
  path: string,
  heldOut: number,
  longest: number,
): Promise<TrainingText> {
  const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    throw new Failure('not-found', `${path} cannot be read (${cause.code})`, 'give a text file', { cause });
  });
  const train = Math.floor(bytes.length * (1 - heldOut));
  if (train <= longest || bytes.length - train <= longest) {
    const what = `${path} has ${bytes.length} bytes: ${train} to train on and ${bytes.length - train} held out`;
    const hint = `both must be more than the longest sequence, ${longest}; give a longer text`;
    throw new Failure('bad-input', what, hint);
  }
  const all = new SharedArrayBuffer(bytes.length);
  new Uint8Array(all).set(bytes);
  return { all, train, sha256: createHash('sha256').update(bytes).digest('hex') };
}
