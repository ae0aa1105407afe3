import { createHash } from 'node:crypto';
import { mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { importFiles } from '../data/importers/import-files.js';
import { NOTHING_SAID } from '../data/importers/importer.js';
import { importers } from '../data/importers/index.js';
import { judged, medians, noted, type Measurement } from './measure.js';

const [LAYERS, HEADS, N, D, MB_PER_S] = [4, 8, 8192, 64, 500];
const PARTS = ['q', 'k', 'v'];
const TENSOR_BYTES = 4 * HEADS * N * D;
const BYTES = LAYERS * PARTS.length * TENSOR_BYTES;

/** Files of tensors to an Arrow recording, from open to rename, fsync and sha256 included. */
export const importing: Measurement = {
  name: 'import',
  moves: `${BYTES >> 20} MiB of float32, ${LAYERS} layers × ${HEADS} heads, d = ${D}, (heads, n, d), into ${tmpdir()}; MB/s of what is read`,
  async run() {
    const folder = await mkdtemp(join(tmpdir(), 'kronflow-bench-'));
    try {
      const files = { safetensors: join(folder, 'm.safetensors'), npz: join(folder, 'm.npz') };
      await writeSafetensors(files.safetensors);
      await writeNpz(files.npz);
      const read = (path: string) => async () => {
        const output = join(folder, 'out.arrow');
        const { rows } = await importFiles(importers, [path], output, { ...NOTHING_SAID, scale: '1' });
        if (rows !== LAYERS * HEADS * N) throw new RangeError(`${rows} rows were imported`);
        await rm(output);
      };
      const copy = async () => {
        const output = join(folder, 'copy');
        await copyWithSync(files.safetensors, output);
        await rm(output);
      };
      const arms = { safetensors: read(files.safetensors), npz: read(files.npz), copy };
      const ms = await medians(arms, { rounds: 3, warmup: 1 });
      const rate = (time: number) => BYTES / 1e3 / time;
      return [
        judged('safetensors', rate(ms.safetensors), 'MB/s', 'least', MB_PER_S),
        judged('npz, stored', rate(ms.npz), 'MB/s', 'least', MB_PER_S),
        noted('copying the file, with fsync and sha256', rate(ms.copy), 'MB/s'),
        noted('safetensors / copying', ms.copy / ms.safetensors, '×'),
      ];
    } finally {
      await rm(folder, { recursive: true });
    }
  },
};

/** What any program would need at least: read, hash, write, fsync. */
async function copyWithSync(from: string, to: string): Promise<void> {
  const [source, target] = [await open(from), await open(to, 'w')];
  const hash = createHash('sha256');
  const bytes = Buffer.alloc(1 << 22);
  for (let left = (await stat(from)).size; left > 0;) {
    const { bytesRead } = await source.read(bytes, 0, bytes.length, null);
    hash.update(bytes.subarray(0, bytesRead));
    await target.write(bytes, 0, bytesRead);
    left -= bytesRead;
  }
  await target.sync();
  await source.close();
  await target.close();
}

/** Numbers that no compression and no check for zeros makes easy. */
function tensor(seed: number): Buffer {
  const values = new Float32Array(TENSOR_BYTES / 4);
  let state = seed + 1;
  for (let i = 0; i < values.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    values[i] = state / 2 ** 31;
  }
  return Buffer.from(values.buffer);
}

const NAMES = Array.from({ length: LAYERS }, (_, l) => PARTS.map((part) => `layers.${l}.${part}`)).flat();

async function writeSafetensors(path: string): Promise<void> {
  const entries = NAMES.map((name, i) => {
    const data_offsets = [i * TENSOR_BYTES, (i + 1) * TENSOR_BYTES];
    return [name, { dtype: 'F32', shape: [HEADS, N, D], data_offsets }] as const;
  });
  const header = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(header.length));
  const file = await open(path, 'w');
  await file.write(Buffer.concat([size, header]));
  for (let i = 0; i < NAMES.length; i++) await file.write(tensor(i));
  await file.close();
}

async function writeNpz(path: string): Promise<void> {
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${HEADS}, ${N}, ${D}), }`;
  const header = Buffer.from(`\x93NUMPY\x01\x00\x76\x00${text.padEnd(117)}\n`, 'latin1');
  const file = await open(path, 'w');
  const directory: Buffer[] = [];
  let at = 0;
  for (const [i, layerPart] of NAMES.entries()) {
    const [name, values] = [Buffer.from(`${layerPart}.npy`), tensor(i)];
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(name.length, 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt32LE(crc32(values, crc32(header)), 16);
    entry.writeUInt32LE(header.length + values.length, 20);
    entry.writeUInt32LE(header.length + values.length, 24);
    entry.writeUInt16LE(name.length, 28);
    entry.writeUInt32LE(at, 42);
    directory.push(entry, name);
    await file.write(Buffer.concat([local, name, header]));
    await file.write(values);
    at += 30 + name.length + header.length + values.length;
  }
  const list = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(NAMES.length, 10);
  end.writeUInt32LE(list.length, 12);
  end.writeUInt32LE(at, 16);
  await file.write(Buffer.concat([list, end]));
  await file.close();
}
