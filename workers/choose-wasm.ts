import { setFlagsFromString } from 'node:v8';
import { atoms, attention } from '../src/core/plan.js';
import { randomStream } from '../src/core/random.js';
import { SharedArena } from './arena.js';
import { disagreement } from './check-kernel.js';
import { inlinePool } from './inline-pool.js';
import { wasmBytes, type WasmBuild } from './kernels/wasm.js';
import type { Rung } from './rung.js';

/** Of a pair of v128 operations V8 makes one of 256 bits; experimental, and for the whole process. */
const FLAG = '--experimental-wasm-revectorize';
const FUSING_V8 = 13; // Node 24: earlier ones run short of registers (performance.md 2)
const PROBE = { n: 192, d: 64, ms: 150, gain: 1.25 };

const LABELS: Readonly<Record<WasmBuild, string>> = {
  'wasm-128': 'wasm 128-bit',
  'wasm-relaxed': 'wasm relaxed',
  'wasm-paired': 'wasm paired',
};

/** Whether this process may set the experimental V8 flag: only where its user asked for it. */
export function mayRevectorize(): boolean {
  return process.env.KRONFLOW_WASM_REVEC === '1';
}

/** The fastest build that V8 compiles well and that agrees with the reference. `revectorize`: may set the flag. */
export async function wasmRung(revectorize: boolean): Promise<Rung> {
  const { builds, note } = await candidates(revectorize);
  let refused = 'this engine has no SIMD on shared memory';
  for (const build of builds) {
    if (!WebAssembly.validate(wasmBytes(build))) continue;
    const label = LABELS[build];
    const wrong = await disagreement({ name: 'wasm', build }, label);
    if (wrong === null) return { name: 'wasm', label, refused: null, build, ...(note ? { note } : {}) };
    refused = wrong;
  }
  return { name: 'wasm', label: 'wasm', refused };
}

/** Builds to try, fastest first, and why faster ones are not among them. */
async function candidates(
  revectorize: boolean,
): Promise<{ readonly builds: readonly WasmBuild[]; readonly note?: string }> {
  if (Number.parseInt(process.versions.v8) < FUSING_V8) {
    return { builds: ['wasm-128'], note: 'its faster builds need Node 24' };
  }
  const always: readonly WasmBuild[] = ['wasm-relaxed', 'wasm-128'];
  if (!revectorize) return { builds: always, note: 'its fastest build needs KRONFLOW_WASM_REVEC=1' };
  setFlagsFromString(FLAG); // before the bytes are compiled for the first time
  if (await pairsFuse()) return { builds: ['wasm-paired', ...always] };
  return { builds: always, note: 'this processor or engine does not fuse the pairs of its fastest build' };
}

/** Time both builds in turns until the paired one is clearly faster, or time is up: V8 optimises meanwhile. */
async function pairsFuse(): Promise<boolean> {
  const [paired, relaxed] = [timer('wasm-paired'), timer('wasm-relaxed')];
  const end = performance.now() + PROBE.ms;
  const best = { paired: Infinity, relaxed: Infinity };
  let rounds = 0;
  while (performance.now() < end) {
    best.paired = Math.min(best.paired, await paired());
    best.relaxed = Math.min(best.relaxed, await relaxed());
    if (++rounds >= 10 && best.relaxed > PROBE.gain * best.paired) return true;
  }
  return false;
}

/** Milliseconds of one small step. */
function timer(build: WasmBuild): () => Promise<number> {
  const arena = SharedArena.create('f32');
  const { n, d } = PROBE;
  const random = randomStream(n, 'kernel probe');
  const rows = () => {
    const made = arena.rows(d, () => {});
    for (let i = 0; i < n; i++) made.append(Array.from({ length: d }, () => random.gaussian()));
    return made;
  };
  const q = arena.alloc(d);
  arena.view(q).fill(0.1);
  const plan = { jobs: [attention(atoms(rows(), rows()), atoms(rows(), rows()))] };
  const pool = inlinePool(arena, 'wasm', build);
  return async () => {
    const start = performance.now();
    await pool.attend([{ q, d, scale: 1, plan }]);
    return performance.now() - start;
  };
}
