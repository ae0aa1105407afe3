import { createHash } from 'node:crypto';
import { open, readdir, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { Failure } from '../../src/core/failure.js';
import { nearest } from '../../src/core/nearest.js';

/** How users write standard input. */
const STDIN = '-';

const CHUNK_BYTES = 1 << 16;

/** What was read, for run.json. Null where only reading to the end would tell: stdin, pipes, devices. */
export interface InputDescription extends Readonly<Record<string, unknown>> {
  readonly path: string;
  readonly bytes: number | null;
  readonly sha256: string | null;
}

/**
 * Open a file for reading; the caller closes it.
 *
 * @throws Failure `not-found` with the nearest names, `bad-input` for a folder or an unreadable file
 */
export async function openFile(path: string): Promise<FileHandle> {
  await isRereadable(path); // a folder opens without complaint and fails only at the first read
  try {
    return await open(path);
  } catch (error) {
    throw await inputFailure(error, path);
  }
}

/**
 * The bytes of a file, chunk by chunk: one chunk is read when one is asked for.
 * The file is closed when the reader stops, early or not.
 *
 * @throws Failure as `openFile`
 */
export async function* readChunks(path: string, chunkBytes = CHUNK_BYTES): AsyncGenerator<Uint8Array> {
  const handle = await openFile(path);
  try {
    for (;;) {
      const { bytesRead, buffer } = await handle.read(new Uint8Array(chunkBytes), 0, chunkBytes, null);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

/** A path as messages name it. */
export function inputName(path: string): string {
  return path === STDIN ? 'standard input' : path;
}

/** The bytes of a file, or standard input for `-`. */
export function readInput(path: string, stdin: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  return path === STDIN ? stdin : readChunks(path);
}

/**
 * Whether a path can be read twice with the same result: true for a file, false for stdin or a pipe.
 *
 * @throws Failure `not-found` with the nearest names, `bad-input` for a folder
 */
export async function isRereadable(path: string): Promise<boolean> {
  if (path === STDIN) return false;
  const status = await stat(path).catch(async (error: unknown) => {
    throw await inputFailure(error, path);
  });
  if (status.isDirectory()) throw new Failure('bad-input', `${path} is a folder`, 'name a file in it');
  return status.isFile();
}

/**
 * Size and hash of a file; nulls for what cannot be read twice.
 *
 * @throws Failure as `openFile`
 */
export async function describeInput(path: string): Promise<InputDescription> {
  if (!(await isRereadable(path))) return { path, bytes: null, sha256: null };
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of readChunks(path, 1 << 20)) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { path, bytes, sha256: hash.digest('hex') };
}

/** What a user can do about an error of the file system. */
export async function inputFailure(error: unknown, path: string): Promise<Failure> {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new Failure('not-found', `${path} does not exist`, await nearHint(path), { cause: error });
  }
  return new Failure('bad-input', `${path} cannot be read: ${message}`, 'check its permissions', {
    cause: error,
  });
}

async function nearHint(path: string): Promise<string> {
  const folder = dirname(path);
  const names = await readdir(folder).catch(() => null);
  if (names === null) return `the folder ${folder} does not exist either`;
  const near = nearest(basename(path), names);
  const here = folder === '.' ? 'this folder' : folder;
  if (near === names) return `no file in ${here} has a similar name`; // `nearest` gives all when none is near
  return `did you mean ${near.map((name) => `"${name}"`).join(' or ')} in ${here}?`;
}
