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

/** The largest header that the format allows. */
const MAX_HEADER_BYTES = 100_000_000;
const TYPES: Readonly<Record<string, FloatType>> = { F32: 'f32', F16: 'f16', BF16: 'bf16', F64: 'f64' };

/**
 * A safetensors file, its header held against its size. Tensors of other types may be there; they cannot be read.
 *
 * @throws Failure `bad-input` naming the tensor: offsets outside the file or over each other, a shape that does
 * not fit its bytes
 */
export async function openSafetensors(path: string): Promise<TensorFile> {
  const handle = await openFile(path);
  try {
    const { size } = await handle.stat();
    if (size < 8) throw damaged(path, `it has ${size} bytes`);
    const prefix = Buffer.alloc(8);
    await readExact(handle, path, prefix, 0, 'the header');
    const length = Number(prefix.readBigUInt64LE());
    if (length > size - 8 || length > MAX_HEADER_BYTES)
      throw damaged(path, `it says its header has ${length} bytes, but it has ${size} in all`);
    const text = Buffer.alloc(length);
    await readExact(handle, path, text, 8, 'the header');
    const { entries, metadata } = parseHeader(path, text.toString(), size - 8 - length);
    const tensors = entries.map(({ name, dtype, shape, begin }): Tensor => {
      const type = TYPES[dtype] ?? null;
      return {
        ...{ path, name, type, typeName: dtype, shape, strides: stridesOf(shape, false) },
        async read(at, into) {
          if (type === null) throw new RangeError(`${name} holds no floats`);
          const start = 8 + length + begin;
          await readFloats({ handle, path, name, type, bigEndian: false, start }, at, into);
        },
      };
    });
    return { path, tensors, metadata, close: () => handle.close() };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

interface Entry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

function parseHeader(path: string, text: string, dataBytes: number) {
  const header = parseJson(path, text);
  const entries: Entry[] = [];
  const metadata = new Map<string, string>();
  for (const [name, value] of Object.entries(header)) {
    if (name !== '__metadata__') {
      entries.push(checkEntry(path, name, value, dataBytes));
      continue;
    }
    for (const [key, said] of Object.entries(isObject(value) ? value : {})) metadata.set(key, String(said));
  }
  const inOrder = [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end);
  inOrder.slice(1).forEach(({ name, begin }, i) => {
    if (begin < inOrder[i].end)
      throw damaged(path, `tensors ${inOrder[i].name} and ${name} overlap at byte ${begin}`);
  });
  return { entries, metadata };
}

function checkEntry(path: string, name: string, value: unknown, dataBytes: number): Entry {
  const { dtype, shape, data_offsets: offsets } = isObject(value) ? value : {};
  if (typeof dtype !== 'string' || !isSizes(shape) || !isSizes(offsets) || offsets.length !== 2)
    throw damaged(path, `tensor ${name}: the header needs dtype, shape and data_offsets`);
  const [begin, end] = offsets;
  if (end > dataBytes || begin > end)
    throw damaged(path, `tensor ${name} lies at bytes ${begin} to ${end}, but there are ${dataBytes}`);
  const type = TYPES[dtype];
  const needed = type === undefined ? end - begin : countOf(shape) * FLOAT_BYTES[type];
  if (needed !== end - begin)
    throw damaged(
      path,
      `tensor ${name} of shape [${shape.join(', ')}] needs ${needed} bytes, but has ${end - begin}`,
    );
  return { name, dtype, shape, begin, end };
}

function parseJson(path: string, text: string): Record<string, unknown> {
  try {
    const header: unknown = JSON.parse(text);
    if (isObject(header)) return header;
  } catch (error) {
    throw damaged(path, 'its header is no JSON', error);
  }
  throw damaged(path, 'its header is no JSON object');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function damaged(path: string, what: string, cause?: unknown) {
  return badInput(
    path,
    `this is no safetensors file, or it is damaged: ${what}`,
    'copy or save it again',
    cause,
  );
}
