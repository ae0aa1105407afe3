import { Failure, isFailure } from '../../src/core/failure.js';

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
const REFUSED = new Set(['EACCES', 'EROFS', 'EPERM', 'ENOTDIR', 'EISDIR', 'ENOENT', 'ENAMETOOLONG', 'ELOOP']);

/**
 * What a failed write means to a user: `disk-full` or `not-writable`, with the path and what to do.
 * Anything else (a bug, a Failure already) is returned as it came.
 */
export function writeFailure(error: unknown, path: string): unknown {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  if (isFailure(error) || typeof code !== 'string') return error;
  if (FULL.has(code)) {
    return new Failure(
      'disk-full',
      `${path}: the disk is full (${code})`,
      'free some space, or choose another disk',
      { cause: error },
    );
  }
  if (REFUSED.has(code)) {
    return new Failure(
      'not-writable',
      `${path}: cannot be written (${code})`,
      'choose another output folder with -o DIR, or change its permissions',
      { cause: error },
    );
  }
  return error;
}

/** Run a file operation on `path`; a failing one is rejected as `writeFailure` says. */
export async function writing<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw writeFailure(error, path);
  }
}
