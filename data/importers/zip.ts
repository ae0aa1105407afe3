import type { FileHandle } from 'node:fs/promises';
import { badInput, readExact } from './tensor.js';

const END_BYTES = 22; // of the end record, and a comment of at most 65,535 bytes behind it
const [END, END64, LOCATOR64, ENTRY, LOCAL] = [0x06054b50, 0x06064b50, 0x07064b50, 0x02014b50, 0x04034b50];
const MAX_DIRECTORY_BYTES = 1 << 26;
/** No byte of deflate expands to more. */
const MOST_EXPANSION = 1032;

/** A file in a zip archive. */
export interface ZipMember {
  readonly name: string;
  readonly deflated: boolean;
  readonly crc: number;
  /** Bytes in the archive, and unpacked. */
  readonly packed: number;
  readonly bytes: number;
  /** Byte of the archive at which it starts. */
  readonly start: number;
}

/**
 * The members of a zip archive, zip64 included; every size and offset is held against the file.
 *
 * @throws Failure `bad-input` for bytes that are no zip, encryption, and methods other than stored and deflate
 */
export async function readZip(handle: FileHandle, path: string): Promise<readonly ZipMember[]> {
  const { size } = await handle.stat();
  const read = async (position: number, length: number, what: string) => {
    if (position < 0 || position + length > size)
      throw damaged(
        path,
        `${what} would lie at bytes ${position} to ${position + length}, but there are ${size}`,
      );
    const bytes = Buffer.alloc(length);
    await readExact(handle, path, bytes, position, what);
    return bytes;
  };
  const { count, start, length } = await findDirectory(path, size, read);
  if (length > MAX_DIRECTORY_BYTES) throw damaged(path, `its list of members has ${length} bytes`);
  const directory = await read(start, length, 'the list of members');
  const members: ZipMember[] = [];
  const names = new Set<string>();
  let at = 0;
  while (members.length < count) {
    if (at + 46 > length || directory.readUInt32LE(at) !== ENTRY)
      throw damaged(path, `it lists ${members.length} members, not ${count}`);
    const { member, next } = parseEntry(path, directory, at);
    at = next;
    if (names.has(member.name)) throw damaged(path, `it lists ${member.name} twice`);
    names.add(member.name);
    const local = await read(member.start, 30, `member ${member.name}`);
    if (local.readUInt32LE(0) !== LOCAL)
      throw damaged(path, `member ${member.name} is not where it is listed`);
    const data = member.start + 30 + local.readUInt16LE(26) + local.readUInt16LE(28);
    if (data + member.packed > size)
      throw damaged(
        path,
        `member ${member.name} needs ${member.packed} bytes from byte ${data}, but there are ${size}`,
      );
    members.push({ ...member, start: data });
  }
  return members;
}

type Read = (position: number, length: number, what: string) => Promise<Buffer>;

async function findDirectory(path: string, size: number, read: Read) {
  if (size < END_BYTES) throw damaged(path, 'it is too short for a zip archive');
  const tail = await read(
    Math.max(0, size - END_BYTES - 65_535),
    Math.min(size, END_BYTES + 65_535),
    'its end',
  );
  let at = tail.length - END_BYTES;
  while (at >= 0 && tail.readUInt32LE(at) !== END) at--;
  if (at < 0) throw damaged(path, 'the list of members at its end is missing');
  const end = {
    count: tail.readUInt16LE(at + 10),
    length: tail.readUInt32LE(at + 12),
    start: tail.readUInt32LE(at + 16),
  };
  const locator = at - 20;
  if (locator < 0 || tail.readUInt32LE(locator) !== LOCATOR64) return end;
  const record = await read(Number(tail.readBigUInt64LE(locator + 8)), 56, 'its zip64 end record');
  if (record.readUInt32LE(0) !== END64) throw damaged(path, 'its zip64 end record is missing');
  const big = (offset: number) => Number(record.readBigUInt64LE(offset));
  return { count: big(32), length: big(40), start: big(48) };
}

function parseEntry(path: string, directory: Buffer, at: number) {
  const u16 = (offset: number) => directory.readUInt16LE(at + offset);
  const u32 = (offset: number) => directory.readUInt32LE(at + offset);
  const [nameBytes, extraBytes] = [u16(28), u16(30)];
  const next = at + 46 + nameBytes + extraBytes + u16(32);
  if (next > directory.length) throw damaged(path, 'its list of members is cut');
  const name = directory.toString('utf8', at + 46, at + 46 + nameBytes);
  const extra = directory.subarray(at + 46 + nameBytes, at + 46 + nameBytes + extraBytes);
  const [bytes, packed, start] = wideSizes(path, name, extra, [u32(24), u32(20), u32(42)]);
  if (u16(8) & 1) throw badInput(path, `member ${name} is encrypted`, 'save it without a password');
  if (u16(10) !== 0 && u16(10) !== 8)
    throw badInput(path, `member ${name} is packed by method ${u16(10)}`, 'stored and deflate are read');
  const deflated = u16(10) === 8;
  if (deflated ? bytes > packed * MOST_EXPANSION + 64 : bytes !== packed)
    throw damaged(path, `member ${name} has ${packed} bytes and promises ${bytes}`);
  return { member: { name, deflated, crc: u32(16), packed, bytes, start }, next };
}

/** Sizes that do not fit 32 bits stand in the extra field 1, in this order. */
function wideSizes(path: string, name: string, extra: Buffer, narrow: readonly number[]): readonly number[] {
  if (!narrow.includes(0xffffffff)) return narrow;
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue;
    let field = at + 4;
    return narrow.map((size) => {
      if (size !== 0xffffffff) return size;
      if (field + 8 > extra.length) throw damaged(path, `member ${name} lacks its zip64 sizes`);
      const wide = Number(extra.readBigUInt64LE(field));
      field += 8;
      return wide;
    });
  }
  throw damaged(path, `member ${name} lacks its zip64 sizes`);
}

function damaged(path: string, what: string) {
  return badInput(
    path,
    `this is no .npz, or it is damaged: ${what}`,
    'copy it again, or save it again with numpy.savez',
  );
}
