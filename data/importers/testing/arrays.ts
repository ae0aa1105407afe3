import { crc32, deflateRawSync } from 'node:zlib';
import type { FloatType } from '../floats.js';

/** An array to write: its numbers in C order, whatever the order it is stored in. */
export interface ArrayToWrite {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

/** A float as its 16 bits of half precision, rounded to nearest; only for numbers that a half holds exactly. */
export function halfBits(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size === Infinity) return sign | 0x7c00;
  if (size < 2 ** -14) return sign | Math.round(size * 2 ** 24);
  const exponent = Math.floor(Math.log2(size));
  return sign | ((exponent + 15) << 10) | Math.round((size / 2 ** exponent - 1) * 1024);
}

/** Numbers as bytes. bf16 cuts off the lower half of a float32. */
export function encode(values: readonly number[], type: FloatType, bigEndian = false): Buffer {
  const width = { f16: 2, bf16: 2, f32: 4, f64: 8 }[type];
  const bytes = Buffer.alloc(values.length * width);
  values.forEach((value, i) => {
    const at = i * width;
    if (type === 'f64') bytes.writeDoubleLE(value, at);
    else if (type === 'f32') bytes.writeFloatLE(value, at);
    else if (type === 'f16') bytes.writeUInt16LE(halfBits(value), at);
    else {
      const word = Buffer.alloc(4);
      word.writeFloatLE(value);
      bytes.writeUInt16LE(word.readUInt16LE(2), at);
    }
  });
  if (!bigEndian) return bytes;
  return width === 2 ? bytes.swap16() : width === 4 ? bytes.swap32() : bytes.swap64();
}

/** Numbers in Fortran order. */
export function transposed({ shape, values }: ArrayToWrite): number[] {
  const out = new Array<number>(values.length);
  values.forEach((value, at) => {
    const index = shape.map(
      (_, axis) => Math.floor(at / shape.slice(axis + 1).reduce((a, b) => a * b, 1)) % shape[axis],
    );
    out[index.reduce((sum, i, axis) => sum + i * shape.slice(0, axis).reduce((a, b) => a * b, 1), 0)] = value;
  });
  return out;
}

/** How a .npy is stored. */
export interface NpyOptions {
  readonly type?: 'f16' | 'f32' | 'f64';
  readonly fortran?: boolean;
  readonly bigEndian?: boolean;
}

/** A .npy file, version 1. */
export function npy(
  array: ArrayToWrite,
  { type = 'f32', fortran = false, bigEndian = false }: NpyOptions = {},
): Buffer {
  const descr = `${bigEndian ? '>' : '<'}f${{ f16: 2, f32: 4, f64: 8 }[type]}`;
  const shape = array.shape.length === 1 ? `${array.shape[0]},` : array.shape.join(', ');
  const text = `{'descr': '${descr}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': (${shape}), }`;
  const header = Buffer.from(text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11) + '\n', 'latin1');
  const prefix = Buffer.from('\x93NUMPY\x01\x00\x00\x00', 'latin1');
  prefix.writeUInt16LE(header.length, 8);
  const values = fortran ? transposed(array) : array.values;
  return Buffer.concat([prefix, header, encode(values, type, bigEndian)]);
}

/** A zip archive of files, stored or deflated, with sizes in zip64 fields if asked. */
export function zip(
  files: Readonly<Record<string, Buffer>>,
  { deflate = false, zip64 = false } = {},
): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const [name, bytes] of Object.entries(files)) {
    const packed = deflate ? deflateRawSync(bytes) : bytes;
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(deflate ? 8 : 0, 8);
    local.writeUInt16LE(name.length, 26);
    const extra = Buffer.alloc(zip64 ? 28 : 0);
    if (zip64) {
      extra.writeUInt16LE(1, 0);
      extra.writeUInt16LE(24, 2);
      [bytes.length, packed.length, at].forEach((n, i) => extra.writeBigUInt64LE(BigInt(n), 4 + 8 * i));
    }
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(deflate ? 8 : 0, 10);
    entry.writeUInt32LE(crc32(bytes), 16);
    [packed.length, bytes.length].forEach((n, i) => entry.writeUInt32LE(zip64 ? 0xffffffff : n, 20 + 4 * i));
    entry.writeUInt16LE(name.length, 28);
    entry.writeUInt16LE(extra.length, 30);
    entry.writeUInt32LE(zip64 ? 0xffffffff : at, 42);
    directory.push(entry, Buffer.from(name), extra);
    parts.push(local, Buffer.from(name), packed);
    at += 30 + name.length + packed.length;
  }
  const list = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Object.keys(files).length, 10);
  end.writeUInt32LE(list.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, list, end]);
}

/** A .npz of arrays. */
export function npz(
  arrays: Readonly<Record<string, ArrayToWrite>>,
  how: NpyOptions & { deflate?: boolean; zip64?: boolean } = {},
) {
  const members = Object.entries(arrays).map(([name, array]) => [`${name}.npy`, npy(array, how)] as const);
  return zip(Object.fromEntries(members), how);
}

/** A safetensors file. */
export function safetensors(
  arrays: Readonly<Record<string, ArrayToWrite>>,
  type: FloatType = 'f32',
  metadata: Readonly<Record<string, string>> | null = null,
): Buffer {
  const header: Record<string, unknown> = metadata === null ? {} : { __metadata__: metadata };
  const parts: Buffer[] = [];
  let end = 0;
  for (const [name, { shape, values }] of Object.entries(arrays)) {
    const bytes = encode(values, type);
    header[name] = { dtype: type.toUpperCase(), shape, data_offsets: [end, (end += bytes.length)] };
    parts.push(bytes);
  }
  const json = JSON.stringify(header);
  const text = Buffer.from(json.padEnd(Math.ceil(json.length / 8) * 8));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([size, text, ...parts]);
}

/** What a small model looks like. */
export interface ModelToWrite {
  readonly layers?: number;
  readonly heads?: number;
  readonly kvHeads?: number;
  readonly n?: number;
  readonly d?: number;
  readonly order?: 'matrix' | 'tensor';
}

/** A number that tells where it belongs; exact in half precision and in bfloat16. */
export function tell(part: string, layer: number, head: number, pos: number, j: number): number {
  const place = ['q', 'k1', 'k2', 'v1', 'v2'].indexOf(part) + 5 * layer + 10 * head + 3 * pos + 7 * j;
  return ((place % 127) - 60) / 4;
}

/** Tensors `layers.L.PART` of shape (heads, n, d). */
export function model({
  layers = 2,
  heads = 4,
  kvHeads = heads,
  n = 5,
  d = 4,
  order = 'matrix',
}: ModelToWrite = {}) {
  const parts = order === 'tensor' ? ['q', 'k1', 'k2', 'v1', 'v2'] : ['q', 'k1', 'v1'];
  const arrays: Record<string, ArrayToWrite> = {};
  for (let layer = 0; layer < layers; layer++)
    for (const part of parts) {
      const count = part === 'q' ? heads : kvHeads;
      const values: number[] = [];
      for (let head = 0; head < count; head++)
        for (let pos = 0; pos < n; pos++)
          for (let j = 0; j < d; j++) values.push(tell(part, layer, head, pos, j));
      arrays[`layers.${layer}.${part}`] = { shape: [count, n, d], values };
    }
  return arrays;
}
