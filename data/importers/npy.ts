import type { FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import { openFile } from '../sources/input-file.js';
import { FLOAT_BYTES, type FloatType } from './floats.js';
import {
  badInput,
  countOf,
  readExact,
  readFloats,
  stridesOf,
  type Tensor,
  type TensorFile,
} from './tensor.js';

const MAGIC = '\x93NUMPY';
const PREFIX_BYTES = 12;
/** numpy itself refuses headers above 10,000 characters. */
const MAX_HEADER_BYTES = 65_536;
const TYPES: Readonly<Record<string, FloatType>> = { f2: 'f16', f4: 'f32', f8: 'f64' };

/** What a .npy header says. */
export interface NpyHeader {
  /** Null when the numbers are no floats; `descr` says what they are. */
  readonly type: FloatType | null;
  readonly descr: string;
  readonly bigEndian: boolean;
  readonly fortran: boolean;
  readonly shape: readonly number[];
  /** Bytes before the first number. */
  readonly bytes: number;
}

/** A file of one array; its name is that of the file, without `.npy`. @throws Failure as `readNpyHeader` */
export async function openNpy(path: string): Promise<TensorFile> {
  const handle = await openFile(path);
  try {
    const { size } = await handle.stat();
    const at = { path, name: basename(path).replace(/\.npy$/i, ''), size };
    const header = await readNpyHeader(at, (bytes, position) =>
      readExact(handle, path, bytes, position, 'the .npy header'),
    );
    const tensors = [npyTensor(at, header, handle, header.bytes)];
    return { path, tensors, metadata: new Map(), close: () => handle.close() };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** A .npy file, or a member of a .npz; `size` is all its bytes. */
export interface NpyPlace {
  readonly path: string;
  readonly name: string;
  readonly size: number;
}

/** The array behind a header; its numbers start at byte `start` of `handle`. */
export function npyTensor(at: NpyPlace, header: NpyHeader, handle: FileHandle, start: number): Tensor {
  const { path, name } = at;
  const { type, descr, bigEndian, shape, fortran } = header;
  return {
    ...{ path, name, type, typeName: descr, shape, strides: stridesOf(shape, fortran) },
    async read(from, into) {
      if (type === null) throw new RangeError(`${name} holds no floats`);
      await readFloats({ handle, path, name, type, bigEndian, start }, from, into);
    },
  };
}

/**
 * Read the header at the start of a .npy file or member and hold it against the size.
 *
 * @throws Failure `bad-input` for other bytes, a header that says nonsense, and more numbers than there are bytes
 */
export async function readNpyHeader(
  at: NpyPlace,
  read: (bytes: Uint8Array, position: number) => Promise<void>,
): Promise<NpyHeader> {
  const fail = (what: string, hint = 'save it again with numpy.save or numpy.savez') =>
    badInput(at.path, `array ${at.name}: ${what}`, hint);
  if (at.size < PREFIX_BYTES) throw fail(`has ${at.size} bytes, too few for a .npy header`);
  const prefix = Buffer.alloc(PREFIX_BYTES);
  await read(prefix, 0);
  if (prefix.toString('latin1', 0, 6) !== MAGIC) throw fail('does not start as .npy does');
  const version = prefix[6];
  if (version < 1 || version > 3) throw fail(`is .npy version ${version}`, 'versions 1 to 3 are read');
  const start = version === 1 ? 10 : 12;
  const length = version === 1 ? prefix.readUInt16LE(8) : prefix.readUInt32LE(8);
  if (length > MAX_HEADER_BYTES || start + length > at.size)
    throw fail(`says its header has ${length} bytes, but there are ${at.size - start}`);
  const text = Buffer.alloc(length);
  await read(text, start);
  const header = { ...parseHeader(text.toString('latin1'), fail), bytes: start + length };
  const { type, shape } = header;
  if (type === null) return header;
  const needed = countOf(shape) * FLOAT_BYTES[type];
  const there = at.size - header.bytes;
  if (needed !== there)
    throw fail(
      `shape (${shape.join(', ')}) needs ${needed} bytes of ${type}, but there are ${there}`,
      'copy it again',
    );
  return header;
}

/** The header is a Python dictionary with three keys, in any order. */
function parseHeader(text: string, fail: (what: string) => Error): Omit<NpyHeader, 'bytes'> {
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(text)?.[1];
  const sizes = /'shape'\s*:\s*\(([\d\s,L]*)\)/.exec(text)?.[1];
  const descr = /'descr'\s*:\s*'([^']{1,64})'/.exec(text)?.[1];
  if (order === undefined || sizes === undefined || !text.trimStart().startsWith('{'))
    throw fail('its header lacks fortran_order or shape');
  const shape = sizes.split(',').map((size) => size.trim().replace(/L$/, ''));
  if (shape.at(-1) === '') shape.pop(); // (3,) and ()
  if (shape.some((size) => !/^\d{1,15}$/.test(size))) throw fail(`its shape is (${sizes})`);
  const type = TYPES[descr?.replace(/^[<>=|]/, '') ?? ''] ?? null;
  return {
    type,
    descr: descr ?? 'a structured type',
    bigEndian: descr?.startsWith('>') ?? false,
    fortran: order === 'True',
    shape: shape.map(Number),
  };
}
