import { open, type FileHandle } from 'node:fs/promises';
import { writing } from './io-failure.js';

/** A file that only grows. Positions are ours: after a failed write the next one starts at the same byte. */
export interface AppendFile {
  readonly size: number;
  /** Resolves when all bytes are with the operating system: kill -9 can no longer lose them. */
  append(bytes: Uint8Array): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Create `path`; `flags` as of fs.open (`wx` refuses a file that exists).
 * @throws Failure `disk-full` or `not-writable`
 */
export async function createFile(path: string, flags: 'w' | 'wx'): Promise<AppendFile> {
  return appending(path, await writing(path, () => open(path, flags)), 0);
}

/**
 * Go on with `path` after its first `size` bytes; what stands behind them is cut off.
 * @throws Failure `disk-full` or `not-writable`
 */
export async function continueFile(path: string, size: number): Promise<AppendFile> {
  const handle = await writing(path, () => open(path, 'r+'));
  try {
    await writing(path, () => handle.truncate(size));
  } catch (error) {
    await handle.close();
    throw error;
  }
  return appending(path, handle, size);
}

function appending(path: string, handle: FileHandle, start: number): AppendFile {
  let size = start;
  return {
    get size() {
      return size;
    },
    async append(bytes) {
      await writing(path, () => writeAll(handle, bytes, size));
      size += bytes.byteLength;
    },
    sync: () => writing(path, () => handle.sync()),
    close: () => writing(path, () => handle.close()),
  };
}

/** One write may take fewer bytes than it is given, when the disk is nearly full for example. */
async function writeAll(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.byteLength;) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.byteLength - done, position + done);
    done += bytesWritten;
  }
}
