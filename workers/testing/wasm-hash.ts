// Prints, as JSON, the sha256 of what each build of the wasm kernel answers, by pool: on the calling thread and with 1,
// 2 and 5 threads. Run by workers/kernels/wasm.slow.test.ts with different versions of Node.
import { createHash } from 'node:crypto';
import { atoms, attention } from '../../src/core/plan.js';
import type { AttendRequest, AttentionPool } from '../../src/core/pool.js';
import { randomStream } from '../../src/core/random.js';
import { SharedArena } from '../arena.js';
import { inlinePool } from '../inline-pool.js';
import { WASM_BUILDS, wasmBytes } from '../kernels/wasm.js';
import { createPool } from '../pool.js';

/** Grids and rows of many sizes, with and without weights; several tiles each, so that threads share them. */
function requests(arena: SharedArena): AttendRequest[] {
  const random = randomStream(1, 'wasm hash');
  const rows = (count: number, width: number) => {
    const made = arena.rows(width, () => {});
    for (let i = 0; i < count; i++) made.append(Array.from({ length: width }, () => random.gaussian()));
    return made;
  };
  return [1, 5, 8, 16, 19, 64, 100, 256].flatMap((d) => {
    const [n1, n2] = [400 + d, 300 - d];
    const q = arena.alloc(d);
    arena.view(q).set(Array.from({ length: d }, () => (3 * random.gaussian()) / Math.sqrt(d)));
    const weighted = atoms(rows(n1, d), rows(n1, d), rows(n1, 1));
    const [plain, other] = [atoms(rows(n1, d), rows(n1, d)), atoms(rows(n2, d), rows(n2, d))];
    const jobs = [
      attention(plain, other),
      attention(weighted, other, 'both', 0.5),
      attention(weighted, null),
    ];
    return jobs.map((job) => ({ q, d, scale: 0.9, plan: { jobs: [job] } }));
  });
}

async function hash(pool: AttentionPool, arena: SharedArena): Promise<string> {
  const sha256 = createHash('sha256');
  for (const { output, lse } of await pool.attend(requests(arena))) {
    sha256
      .update(new Uint8Array(output.buffer, output.byteOffset, output.byteLength))
      .update(Float64Array.of(lse));
  }
  await pool.close();
  return sha256.digest('hex');
}

const hashes: Record<string, Record<string, string>> = {};
for (const build of WASM_BUILDS.filter((name) => WebAssembly.validate(wasmBytes(name)))) {
  const arena = SharedArena.create('f32');
  const found: Record<string, string> = { inline: await hash(inlinePool(arena, 'wasm', build), arena) };
  for (const threads of [1, 2, 5]) {
    const kernel = { name: 'wasm', build, label: build } as const;
    found[threads] = await hash(createPool({ arena, threads, kernel }), arena);
  }
  hashes[build] = found;
}
process.stdout.write(`${JSON.stringify(hashes)}\n`);
