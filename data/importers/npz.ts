import { mkdtemp, open, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { crc32, createInflateRaw } from 'node:zlib';
import { openFile } from '../sources/input-file.js';
import { writing } from '../sinks/io-failure.js';
import { npyTensor, readNpyHeader, type NpyPlace } from './npy.js';
import { badInput, readExact, type Tensor, type TensorFile } from './tensor.js';
import { readZip, type ZipMember } from './zip.js';

const CHUNK_BYTES = 1 << 20;

/** Unpacked members, in a folder of their own that goes when the archive is closed. */
interface Spill {
  folder: string | null;
  readonly handles: FileHandle[];
}

/**
 * The arrays of a .npz. Stored members are read in place; deflated ones are unpacked to a temporary folder, so that
 * memory stays bounded. The crc of a member is checked before its first number is read.
 *
 * @throws Failure as `readZip` and `readNpyHeader`
 */
export async function openNpz(path: string): Promise<TensorFile> {
  const handle = await openFile(path);
  const spill: Spill = { folder: null, handles: [] };
  const close = async () => {
    await handle.close();
    await Promise.all(spill.handles.map((file) => file.close()));
    if (spill.folder !== null) await rm(spill.folder, { recursive: true, force: true });
  };
  try {
    const tensors: Tensor[] = [];
    for (const member of await readZip(handle, path)) {
      if (member.name.endsWith('.npy')) tensors.push(await openMember(handle, path, member, spill));
    }
    return { path, tensors, metadata: new Map(), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openMember(
  handle: FileHandle,
  path: string,
  member: ZipMember,
  spill: Spill,
): Promise<Tensor> {
  const at: NpyPlace = { path, name: member.name.replace(/\.npy$/, ''), size: member.bytes };
  if (!member.deflated) {
    const header = await readNpyHeader(at, (bytes, position) =>
      readExact(handle, path, bytes, member.start + position, `array ${at.name}`),
    );
    const tensor = npyTensor(at, header, handle, member.start + header.bytes);
    return { ...tensor, prepare: () => checkStored(path, member, handle) };
  }
  const start = await unpackStart(path, member, handle);
  const header = await readNpyHeader(at, async (bytes, position) => {
    if (position + bytes.length > start.length) throw wrongBytes(path, member, 'its header is cut');
    bytes.set(start.subarray(position, position + bytes.length));
  });
  let unpacked: Tensor | null = null;
  return {
    ...npyTensor(at, header, handle, 0),
    async prepare() {
      spill.folder ??= await writing(tmpdir(), () => mkdtemp(join(tmpdir(), 'kronflow-npz-')));
      const name = join(spill.folder, String(spill.handles.length));
      const file = await writing(name, () => open(name, 'w+'));
      spill.handles.push(file);
      await consume(
        path,
        member,
        handle,
        async (bytes) => void (await writing(name, () => file.writeFile(bytes))),
      );
      unpacked = npyTensor(at, header, file, header.bytes);
    },
    read(from, into) {
      if (unpacked === null) throw new RangeError(`${at.name} was not prepared`);
      return unpacked.read(from, into);
    },
  };
}

/** The bytes of a member as the archive has them. */
async function* packedBytes(path: string, { name, start, packed }: ZipMember, handle: FileHandle) {
  for (let at = 0; at < packed; at += CHUNK_BYTES) {
    const bytes = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, packed - at)); // a fresh one: inflate may still read the last
    await readExact(handle, path, bytes, start + at, `member ${name}`);
    yield bytes;
  }
}

/** Hold the crc of a stored member against the list: two pieces of memory, one is read while the other is summed. */
async function checkStored(path: string, member: ZipMember, handle: FileHandle): Promise<void> {
  const { name, start, packed } = member;
  const memory = [0, 1].map(() => Buffer.allocUnsafe(Math.min(CHUNK_BYTES, packed)));
  const read = async (at: number, into: Buffer) => {
    const bytes = into.subarray(0, Math.min(CHUNK_BYTES, packed - at));
    await readExact(handle, path, bytes, start + at, `member ${name}`);
    return bytes;
  };
  let crc = 0;
  let next = read(0, memory[0]);
  for (let at = CHUNK_BYTES, i = 1; at - CHUNK_BYTES < packed; at += CHUNK_BYTES, i++) {
    const bytes = await next;
    if (at < packed) next = read(at, memory[i % 2]);
    crc = crc32(bytes, crc);
  }
  mustBe(path, member, packed, crc);
}

/** The unpacked bytes of a member, piece by piece, as far as they are asked for. */
async function* unpack(path: string, member: ZipMember, handle: FileHandle): AsyncGenerator<Buffer> {
  const packed = packedBytes(path, member, handle);
  const inflate = createInflateRaw({ chunkSize: CHUNK_BYTES });
  const source = Readable.from(packed, { objectMode: false });
  source.on('error', (error) => inflate.destroy(error)); // pipe does not hand errors on
  try {
    yield* source.pipe(inflate) as AsyncIterable<Buffer>;
  } finally {
    source.destroy();
    inflate.destroy();
  }
}

/** Unpack a whole member, hand its bytes on, and hold length and crc against the list of members. */
async function consume(
  path: string,
  member: ZipMember,
  handle: FileHandle,
  take: (bytes: Buffer) => Promise<void>,
): Promise<void> {
  let [bytes, crc] = [0, 0];
  try {
    for await (const chunk of unpack(path, member, handle)) {
      bytes += chunk.length;
      if (bytes > member.bytes) break; // it would go on for ever
      crc = crc32(chunk, crc);
      await take(chunk);
    }
  } catch (error) {
    throw unpackFailure(path, member, error);
  }
  mustBe(path, member, bytes, crc);
}

function mustBe(path: string, member: ZipMember, bytes: number, crc: number): void {
  if (bytes !== member.bytes)
    throw wrongBytes(path, member, `it has not the ${member.bytes} bytes it promises`);
  if (crc !== member.crc) throw wrongBytes(path, member, 'its crc32 is not the one that was stored');
}

/** Enough of a deflated member to hold its header. */
async function unpackStart(path: string, member: ZipMember, handle: FileHandle): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of unpack(path, member, handle)) {
      parts.push(chunk);
      if ((length += chunk.length) >= 1 << 17) break;
    }
  } catch (error) {
    throw unpackFailure(path, member, error);
  }
  return Buffer.concat(parts);
}

/** What zlib says of bytes that are no deflate; any other error as it came. */
function unpackFailure(path: string, member: ZipMember, error: unknown): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  return code?.startsWith('Z_') ? wrongBytes(path, member, message, error) : error;
}

function wrongBytes(path: string, { name }: ZipMember, what: string, cause?: unknown) {
  return badInput(
    path,
    `member ${name} is damaged: ${what}`,
    'copy it again, or save it again with numpy.savez',
    cause,
  );
}
