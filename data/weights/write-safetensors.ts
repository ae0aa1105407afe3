import { toBf16 } from './bf16.js';
import { writeWhole, type Written } from '../sinks/out-file.js';

/** Tensors to write: float32, row by row. */
export type TensorsToWrite = Readonly<
  Record<string, { readonly shape: readonly number[]; readonly data: Float32Array }>
>;

/** How numbers are kept: as they are, or rounded to the nearest bfloat16. */
export type WrittenDtype = 'F32' | 'BF16';

/**
 * Write tensors, the whole file or none.
 * @throws Failure `disk-full` or `not-writable`
 */
export async function writeSafetensors(
  path: string,
  tensors: TensorsToWrite,
  metadata: Readonly<Record<string, string>> = {},
  dtype: WrittenDtype = 'F32',
): Promise<Written> {
  const header = encodeHeader(tensors, metadata, dtype);
  return writeWhole(path, async (file) => {
    await file.write(header);
    for (const { data } of Object.values(tensors)) {
      const { buffer, byteOffset, byteLength } = dtype === 'BF16' ? toBf16(data) : data;
      await file.write(new Uint8Array(buffer, byteOffset, byteLength));
    }
  });
}

const BYTES = { F32: 4, BF16: 2 } as const;

function encodeHeader(
  tensors: TensorsToWrite,
  metadata: Readonly<Record<string, string>>,
  dtype: WrittenDtype,
): Buffer {
  const header: Record<string, unknown> = Object.keys(metadata).length > 0 ? { __metadata__: metadata } : {};
  let end = 0;
  for (const [name, { shape, data }] of Object.entries(tensors)) {
    if (shape.reduce((product, size) => product * size, 1) !== data.length)
      throw new RangeError(`${name}: shape and data differ`);
    header[name] = { dtype, shape, data_offsets: [end, (end += data.length * BYTES[dtype])] };
  }
  const json = JSON.stringify(header);
  const text = Buffer.from(json.padEnd(json.length + ((8 - (Buffer.byteLength(json) % 8)) % 8))); // tensors start aligned
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([size, text]);
}
