import { open, readdir, rename, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { crc32 } from 'node:zlib';
import { createFile } from './append-file.js';
import { writing } from './io-failure.js';
import { JOURNAL, type JournalMark } from './journal.js';

const MAGIC = Buffer.from('kronflow snapshot 1\n'); // the number is the version of this format
const FRAME_BYTES = 12; // length as a float64, crc32
const KEPT = 2; // so that there is one more when the last turns out to be damaged
const READ_BYTES = 1 << 20;

/** What a snapshot says of itself; the pieces follow it. */
export interface SnapshotHead {
  /** Steps that were read and written, of all streams, and of each. */
  readonly steps: number;
  readonly perStream: readonly (readonly [streamId: number, steps: number])[];
  /** Where the journal stood: its rows are those of exactly these steps. */
  readonly journal: JournalMark;
  /** Nanoseconds since the run started. */
  readonly clock: number;
  readonly ledger: {
    readonly charged: number;
    readonly released: number;
    readonly used: number;
    readonly peak: number;
  };
}

/** A snapshot that is whole: its file, and what it says of itself. */
export interface SoundSnapshot {
  readonly path: string;
  readonly head: SnapshotHead;
}

/**
 * Write `dir`/journal/snapshot-N, N = steps, piece by piece: only one is copied at a time. Every piece carries its crc32; the
 * file has its name only when it is whole. Older ones than the last two are removed.
 *
 * Not synced to the disk: a snapshot that a power cut tears is found damaged, and the one before is used.
 *
 * @throws Failure `disk-full` or `not-writable`; nothing is left of it then. RangeError for what cannot be stored
 */
export async function writeSnapshot(
  dir: string,
  head: SnapshotHead,
  pieces: Iterable<object>,
): Promise<{ readonly bytes: number }> {
  const path = join(dir, JOURNAL, `snapshot-${head.steps}`);
  const file = await createFile(`${path}.tmp`, 'w');
  try {
    await file.append(MAGIC);
    await file.append(frame(head));
    for (const piece of pieces) await file.append(frame(piece));
    await file.append(frame(null));
    await file.close();
    await writing(path, () => rename(`${path}.tmp`, path));
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(`${path}.tmp`, { force: true });
    throw error;
  }
  const older = (await snapshotsIn(dir)).slice(KEPT);
  for (const { path: old } of older) await rm(old, { force: true });
  return { bytes: file.size };
}

/** All snapshots of a trace, sound or not, the latest first. */
export async function snapshotsIn(
  dir: string,
): Promise<readonly { readonly path: string; readonly steps: number }[]> {
  const folder = join(dir, JOURNAL);
  const names = await readdir(folder).catch(() => [] as string[]);
  return names
    .filter((name) => /^snapshot-\d+$/.test(name))
    .map((name) => ({ path: join(folder, name), steps: Number(name.slice('snapshot-'.length)) }))
    .sort((a, b) => b.steps - a.steps);
}

/** Check a snapshot to its last byte; null when any of it is damaged, missing, or of another version. */
export async function checkSnapshot(path: string): Promise<SoundSnapshot | null> {
  let head: SnapshotHead | null = null;
  try {
    for await (const bytes of frames(path)) head ??= deserialize(bytes) as SnapshotHead;
  } catch {
    return null; // why does not matter: it is not used
  }
  return head === null ? null : { path, head };
}

/** The pieces of a snapshot in the order in which they were written; one is in memory at a time. */
export async function* readSnapshot<T>({ path }: SoundSnapshot): AsyncGenerator<T> {
  let isHead = true;
  for await (const bytes of frames(path)) {
    if (!isHead) yield deserialize(bytes) as T;
    isHead = false;
  }
}

/** Length and crc32 of a value, then the value. Null, the last one, says that the file is whole. */
function frame(value: object | null): Buffer {
  const bytes = serialize(value);
  const start = Buffer.alloc(FRAME_BYTES);
  start.writeDoubleLE(bytes.length);
  start.writeUInt32LE(crc32(bytes), 8);
  return Buffer.concat([start, bytes]);
}

const END = serialize(null);

/** Every frame but the last. @throws when a byte of the file is not what was written */
async function* frames(path: string): AsyncGenerator<Buffer> {
  const handle = await open(path);
  try {
    const { size } = await handle.stat();
    let at = MAGIC.length;
    if (!(await bytesAt(handle, 0, at)).equals(MAGIC)) throw new RangeError('not a snapshot of this version');
    for (;;) {
      const start = await bytesAt(handle, at, FRAME_BYTES);
      const length = start.readDoubleLE();
      at += FRAME_BYTES;
      if (!(length >= 0 && at + length <= size)) throw new RangeError('a length was changed');
      const bytes = await bytesAt(handle, at, length);
      at += length;
      if (crc32(bytes) !== start.readUInt32LE(8)) throw new RangeError('a piece was changed');
      if (bytes.equals(END)) break;
      yield bytes;
    }
    if (at !== size) throw new RangeError('something follows the end');
  } finally {
    await handle.close();
  }
}

async function bytesAt(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(length);
  for (let done = 0; done < length;) {
    const want = Math.min(READ_BYTES, length - done);
    const { bytesRead } = await handle.read(bytes, done, want, position + done);
    if (bytesRead === 0) throw new RangeError('it ends early');
    done += bytesRead;
  }
  return bytes;
}
