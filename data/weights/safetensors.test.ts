import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openSafetensors } from './safetensors.js';
import { writeSafetensors } from './testing/write-safetensors.js';

async function tempPath(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kronflow-weights-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return join(folder, 'w.safetensors');
}

/** A file with this header and that many bytes of data. */
async function craft(header: unknown, data: Uint8Array | number = 0): Promise<string> {
  const path = await tempPath();
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(text.length));
  await writeFile(path, Buffer.concat([size, text, typeof data === 'number' ? Buffer.alloc(data) : data]));
  return path;
}

describe('safetensors', () => {
  it('reads back what it wrote, with the data aligned', async () => {
    const path = await tempPath();
    const data = Float32Array.of(1.5, -2, 3e38, -0, 1e-45, 7);
    await writeSafetensors(
      path,
      { ä: { shape: [2, 3], data }, none: { shape: [0, 3], data: new Float32Array(0) } },
      { from: 'test' },
    );
    const file = await openSafetensors(path);
    expect(await file.read('ä')).toEqual(data);
    expect(await file.read('none')).toHaveLength(0);
    expect(file.tensors.get('ä')).toMatchObject({ dtype: 'F32', shape: [2, 3], begin: 0, end: 24 });
    await file.close();
  });

  it('widens F16 and BF16 exactly', async () => {
    const halves = Uint16Array.of(
      0x3c00,
      0xc000,
      0x7bff,
      0x0001,
      0x03ff,
      0x8000,
      0x7c00,
      0x3555,
      0x3f80,
      0xc2f7,
      0x0080,
    );
    const header = {
      h: { dtype: 'F16', shape: [8], data_offsets: [0, 16] },
      b: { dtype: 'BF16', shape: [3], data_offsets: [16, 22] },
    };
    const file = await openSafetensors(await craft(header, new Uint8Array(halves.buffer)));
    expect(await file.read('h')).toEqual(
      Float32Array.of(1, -2, 65504, 2 ** -24, 1023 * 2 ** -24, -0, Infinity, 0.333251953125),
    );
    expect(await file.read('b')).toEqual(Float32Array.of(1, -123.5, 2 ** -126));
    await file.close();
  });

  it.each<[string, unknown, number, string]>([
    ['no JSON', '{"a"', 0, 'its header is no JSON'],
    ['a list', [], 0, 'its header is no JSON object'],
    [
      'an entry without shape',
      { a: { dtype: 'F32' } },
      0,
      'tensor a: the header needs dtype, shape and data_offsets',
    ],
    [
      'a negative size',
      { a: { dtype: 'F32', shape: [-1], data_offsets: [0, 4] } },
      4,
      'tensor a: the header needs',
    ],
    [
      'an unknown dtype',
      { a: { dtype: 'I64', shape: [1], data_offsets: [0, 8] } },
      8,
      'tensor a has dtype I64',
    ],
    [
      'a dtype of every object',
      { a: { dtype: 'toString', shape: [1], data_offsets: [0, 8] } },
      8,
      'tensor a has dtype toString',
    ],
    [
      'data beyond the end',
      { a: { dtype: 'F32', shape: [2], data_offsets: [0, 8] } },
      7,
      'tensor a lies at bytes 0 to 8, but there are 7',
    ],
    [
      'data that ends before it begins',
      { a: { dtype: 'F32', shape: [1], data_offsets: [4, 0] } },
      8,
      'tensor a lies at bytes 4 to 0',
    ],
    [
      'a shape that does not fit',
      { a: { dtype: 'F32', shape: [2, 2], data_offsets: [0, 8] } },
      8,
      'tensor a of shape [2, 2] needs 16 bytes, but has 8',
    ],
    [
      'a monstrous shape',
      { a: { dtype: 'F32', shape: [2 ** 40, 2 ** 40], data_offsets: [0, 8] } },
      8,
      'tensor a of shape [1099511627776, 1099511627776] needs',
    ],
    [
      'tensors over each other',
      {
        a: { dtype: 'F32', shape: [2], data_offsets: [0, 8] },
        b: { dtype: 'F32', shape: [2], data_offsets: [4, 12] },
      },
      12,
      'tensors a and b overlap at byte 4',
    ],
  ])('refuses %s', async (_, header, bytes, what) => {
    const path = await craft(header, bytes);
    await expect(openSafetensors(path)).rejects.toMatchObject({
      code: 'bad-weights',
      what: expect.stringContaining(`${path}: ${what}`),
    });
  });

  it('refuses a header longer than the file before reading it', async () => {
    const path = await tempPath();
    await writeFile(path, Buffer.from('ffffffffffffff7f7b7d', 'hex'));
    await expect(openSafetensors(path)).rejects.toMatchObject({
      code: 'bad-weights',
      what: expect.stringContaining('but the file has 10'),
    });
    await writeFile(path, 'abc');
    await expect(openSafetensors(path)).rejects.toMatchObject({
      code: 'bad-weights',
      what: expect.stringContaining('3 bytes'),
    });
    await expect(openSafetensors(join(path, '..'))).rejects.toMatchObject({
      code: 'bad-weights',
      what: expect.stringContaining('folder'),
    });
    await expect(openSafetensors(`${path}x`)).rejects.toMatchObject({ code: 'not-found' });
  });

  const python = process.env.KRONFLOW_PYTHON;
  it.skipIf(python === undefined)('is read by Python as the format says', async () => {
    const path = await tempPath();
    await writeSafetensors(path, { w: { shape: [2, 2], data: Float32Array.of(1, 2, 3, 4.5) } });
    const script = `import json, struct, sys, numpy as np
b = open(sys.argv[1], 'rb').read(); n, = struct.unpack('<Q', b[:8]); h = json.loads(b[8:8+n])['w']; s, e = h['data_offsets']
print(np.frombuffer(b[8+n+s:8+n+e], '<f4').reshape(h['shape']).tolist(), n % 8)`;
    expect(execFileSync(python!, ['-c', script, path]).toString().trim()).toBe('[[1.0, 2.0], [3.0, 4.5]] 0');
  });
});
