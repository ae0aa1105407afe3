import { open, type FileHandle } from 'node:fs/promises';
import { Failure } from '../../src/core/failure.js';
import { parseHeader, type TensorInfo } from './safetensors-header.js';

/** The largest header that the format allows. */
const MAX_HEADER_BYTES = 100_000_000;

/** An open safetensors file. Its header is checked; no tensor has been read. */
export interface SafetensorsFile {
  readonly path: string;
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** Words that whoever wrote the file left in it. */
  readonly metadata: ReadonlyMap<string, string>;
  /** The numbers of a tensor as float32, row by row. F16 and BF16 are widened, which loses nothing. */
  read(name: string): Promise<Float32Array>;
  close(): Promise<void>;
}

/**
 * Open a safetensors file and check its header against its size before anything is allocated.
 *
 * @throws Failure `not-found`, or `bad-weights` naming the tensor: offsets outside the file or over each other,
 * a shape that does not fit its bytes, an unknown dtype
 */
export async function openSafetensors(path: string): Promise<SafetensorsFile> {
  const handle = await open(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT')
      throw new Failure('not-found', `${path} does not exist`, 'check the name', { cause: error });
    throw badWeights(path, `cannot be read: ${error.message}`, 'check its permissions', error);
  });
  try {
    const { start, tensors, metadata } = await readHeader(handle, path);
    return {
      path,
      tensors,
      metadata,
      async read(name) {
        const info = tensors.get(name);
        if (info === undefined) throw new RangeError(`${path} has no tensor ${name}`);
        const bytes = await readBytes(handle, path, start + info.begin, info.end - info.begin);
        return toFloat32(bytes, info.dtype);
      },
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Weights that cannot be used as they are. */
export function badWeights(path: string, what: string, hint: string, cause?: unknown): Failure {
  return new Failure('bad-weights', `${path}: ${what}`, hint, { cause });
}

async function readHeader(handle: FileHandle, path: string) {
  const status = await handle.stat();
  if (status.isDirectory()) throw badWeights(path, 'is a folder', 'name a safetensors file in it');
  const { size } = status;
  if (size < 8) throw badWeights(path, `has ${size} bytes, too few for a safetensors file`, 'copy it again');
  const length = Number((await readBytes(handle, path, 0, 8)).readBigUInt64LE());
  if (length > size - 8 || length > MAX_HEADER_BYTES) {
    throw badWeights(
      path,
      `says its header has ${length} bytes, but the file has ${size}`,
      'this is no safetensors file, or it is truncated',
    );
  }
  const text = (await readBytes(handle, path, 8, length)).toString();
  return { start: 8 + length, ...parseHeader(path, text, size - 8 - length) };
}

async function readBytes(
  handle: FileHandle,
  path: string,
  position: number,
  length: number,
): Promise<Buffer> {
  const bytes = Buffer.from(new ArrayBuffer(length)); // its own memory, aligned for any number
  for (let at = 0; at < length;) {
    const { bytesRead } = await handle.read(bytes, at, Math.min(length - at, 1 << 30), position + at);
    if (bytesRead === 0)
      throw badWeights(path, `ends at byte ${position + at}`, 'it shrank while it was read');
    at += bytesRead;
  }
  return bytes;
}

function toFloat32(bytes: Buffer, dtype: TensorInfo['dtype']): Float32Array {
  if (dtype === 'F32') return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  const halves = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
  if (dtype === 'F16') return Float32Array.from(halves, halfToNumber);
  const wide = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) wide[i] = halves[i] << 16; // BF16 is the upper half of a float32
  return new Float32Array(wide.buffer);
}

/** IEEE 754 half precision: 1 sign, 5 exponent, 10 fraction bits. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
