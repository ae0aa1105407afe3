import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { z } from 'zod';
import { inputFailure, openFile } from '../sources/input-file.js';
import { FLOAT_BYTES } from './floats.js';
import { badInput, countOf, readFloats, stridesOf, type Tensor, type TensorFile } from './tensor.js';

const MAX_SIDECAR_BYTES = 1 << 24;
const size = z.int().min(1);
const layout = {
  dtype: z.enum(['f16', 'bf16', 'f32', 'f64']).default('f32'),
  shape: z.array(size).min(1).max(8),
  order: z.enum(['C', 'F']).default('C'),
  endian: z.enum(['little', 'big']).default('little'),
  offset: z.int().min(0).default(0),
};
const metadata = z.record(z.string(), z.union([z.string(), z.number()])).default({});
const several = z.strictObject({ tensors: z.record(z.string(), z.strictObject(layout)), metadata });
const single = z.strictObject({ name: z.string().optional(), ...layout, metadata });

/** Where the sidecar of a file of numbers is. */
export function sidecarOf(path: string): string {
  return path.replace(/\.[^./\\]*$/, '') + '.json';
}

/**
 * Numbers without a header, and a JSON file beside them that says what they are: `{"shape": [heads, n, d]}` for one
 * array, `{"tensors": {"layers.0.q": {"shape": …, "offset": bytes}}}` for several; `dtype`, `order` (C or F) and
 * `endian` where they are not f32, C and little.
 *
 * @throws Failure `not-found` without a sidecar, `bad-input` naming the tensor and the rule it breaks
 */
export async function openRaw(path: string): Promise<TensorFile> {
  const { tensors: layouts, metadata: told } = await readSidecar(path);
  const handle = await openFile(path);
  try {
    const { size: bytes } = await handle.stat();
    const tensors = Object.entries(layouts).map(([name, { dtype, shape, order, endian, offset }]): Tensor => {
      const end = offset + countOf(shape) * FLOAT_BYTES[dtype];
      if (!(end <= bytes))
        throw badInput(
          path,
          `tensor ${name} of shape [${shape.join(', ')}] lies at bytes ${offset} to ${end}, but there are ${bytes}`,
          `correct ${sidecarOf(path)}, or copy the file again`,
        );
      const from = { handle, path, name, type: dtype, bigEndian: endian === 'big', start: offset };
      const strides = stridesOf(shape, order === 'F');
      return {
        path,
        name,
        type: dtype,
        typeName: dtype,
        shape,
        strides,
        read: (at, into) => readFloats(from, at, into),
      };
    });
    const said = new Map(Object.entries(told).map(([key, value]) => [key, String(value)]));
    return { path, tensors, metadata: said, close: () => handle.close() };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function readSidecar(path: string): Promise<z.output<typeof several>> {
  const sidecar = sidecarOf(path);
  const hint = 'write {"shape": […]} there; see docs/recording.md';
  const status = await stat(sidecar).catch(async (error: unknown) => {
    throw await inputFailure(error, sidecar);
  });
  if (status.size > MAX_SIDECAR_BYTES)
    throw badInput(sidecar, `it has ${status.size} bytes: this is no sidecar`, hint);
  let value: unknown;
  try {
    value = JSON.parse(await readFile(sidecar, 'utf8'));
  } catch (error) {
    throw badInput(sidecar, `this is no JSON: ${(error as Error).message}`, hint, error);
  }
  const isSeveral = typeof value === 'object' && value !== null && 'tensors' in value;
  const parsed = (isSeveral ? several : single).safeParse(value);
  if (!parsed.success) {
    const { path: at, message } = parsed.error.issues[0];
    throw badInput(sidecar, `${at.join('.') || 'it'}: ${message}`, hint);
  }
  if ('tensors' in parsed.data) return parsed.data;
  const { name = basename(path).replace(/\.[^.]*$/, ''), metadata: told, ...only } = parsed.data;
  return { tensors: { [name]: only }, metadata: told };
}
