// Compile the wasm kernel: `npm run build:wasm`. The bytes are committed (docs/decisions/006-wasm-kernels.md).
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';
import { BUILDS } from './builds.mjs';
import { tiles } from './tiles.mjs';

const here = dirname(fileURLToPath(import.meta.url));
// -O1: from -O2 on, loads are moved away from the operations that V8 has to fuse with them
const options =
  '-O1 --noAssert --runtime stub --importMemory --sharedMemory --initialMemory 1 --maximumMemory 65536';
const features = ['--enable', 'simd,threads,relaxed-simd,bulk-memory', '--use', 'abort='];

/**
 * The bytes of one build. Only ./tiles.ts differs between builds, and is not a file.
 * @throws Error with what the compiler says
 */
export async function compile(build) {
  let binary = null;
  const read = (name) => (name === 'tiles.ts' ? tiles(BUILDS[build]) : readOrNull(join(here, name)));
  const { error, stderr } = await asc.main(
    ['index.ts', '--outFile', 'out.wasm', ...options.split(' '), ...features],
    { readFile: read, writeFile: (name, contents) => void (binary = contents), listFiles: () => [] },
  );
  if (error || binary === null) throw new Error(`${build}: ${stderr.toString()}`, { cause: error });
  return binary;
}

function readOrNull(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null; // the compiler looks for a module in several places
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const build of Object.keys(BUILDS)) {
    const bytes = await compile(build);
    writeFileSync(join(here, `${build}.wasm`), bytes);
    console.log(`${build}: ${bytes.length} bytes`);
  }
}
