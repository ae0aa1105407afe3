import { createHash } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createFile } from './append-file.js';
import { writing } from './io-failure.js';

/** What was written: enough to say later whether a file is still the one that was sealed. */
export interface Written {
  readonly bytes: number;
  /** Of nothing when the file was written unhashed. */
  readonly sha256: string;
}

/** A file that appears whole or not at all. */
export interface OutFile {
  readonly path: string;
  /** @throws Failure `disk-full` or `not-writable` */
  write(bytes: Uint8Array): Promise<void>;
  /** fsync, rename to `path`, fsync the folder: after this the file survives a power cut. */
  commit(): Promise<Written>;
  /** Remove what was written. */
  abort(): Promise<void>;
}

/**
 * Start a file under a temporary name beside `path`; one that a killed process left there is overwritten.
 * `hashed` false leaves out the sha256, which takes as long as all else where much is written.
 * @throws Failure `disk-full` or `not-writable`
 */
export async function createOutFile(path: string, hashed = true): Promise<OutFile> {
  const temporary = `${path}.tmp`;
  const file = await createFile(temporary, 'w');
  const hash = createHash('sha256');
  let open = true;
  return {
    path,
    async write(bytes) {
      await file.append(bytes);
      if (hashed) hash.update(bytes);
    },
    async commit() {
      await file.sync();
      open = false;
      await file.close();
      await writing(path, () => rename(temporary, path));
      await syncFolder(dirname(path));
      return { bytes: file.size, sha256: hash.digest('hex') };
    },
    async abort() {
      if (open) await file.close().catch(() => undefined); // the error that led here matters more
      open = false;
      await rm(temporary, { force: true });
    },
  };
}

/** Write a whole file through `work`; if it fails, nothing is left. */
export async function writeWhole(
  path: string,
  work: (file: OutFile) => Promise<void>,
  hashed = true,
): Promise<Written> {
  const file = await createOutFile(path, hashed);
  try {
    await work(file);
    return await file.commit();
  } catch (error) {
    await file.abort();
    throw error;
  }
}

/** A rename is durable once its folder is; systems that cannot open folders do without. */
async function syncFolder(path: string): Promise<void> {
  const handle = await open(path).catch(() => null);
  if (handle === null) return;
  await handle.sync().catch(() => undefined);
  await handle.close();
}
