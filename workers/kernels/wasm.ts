import { readFileSync } from 'node:fs';
import type { AtomsJob } from '../../src/core/plan.js';
import { TILINGS, type Kernel } from './kernel.js';
import { clearPartial, PARTIAL, PARTIAL_HEADER } from './partial.js';
import { WasmSkipping, type ScoreAll } from './wasm-skipping.js';

/** Builds of the wasm kernel, slowest first; see workers/assembly/builds.mjs. */
export const WASM_BUILDS = ['wasm-128', 'wasm-relaxed', 'wasm-paired'] as const;

/** One of them. */
export type WasmBuild = (typeof WASM_BUILDS)[number];

/** What workers/assembly/index.ts exports. Addresses are in bytes, sums to base 2. */
interface WasmExports {
  scratchBytes(): number;
  tile(words: number, from: number, to: number, scratch: number, acc: number): void;
  readonly l: WebAssembly.Global;
  readonly m: WebAssembly.Global;
  readonly max: WebAssembly.Global;
}

const MAX_SCORE = 1e9; // base 2, with weights; beyond it float32 has no bits left for differences of scores
const root = import.meta.url.endsWith('.ts') ? '../../' : '../../../';

/** The bytes of a build, as they are committed. */
export function wasmBytes(build: WasmBuild): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(new URL(`${root}workers/assembly/${build}.wasm`, import.meta.url)));
}

/**
 * The kernel of workers/assembly for the calling thread: float32 multiply-adds, sums of tiles in float64. Needs float32
 * storage in `memory`.
 */
export function wasmKernel(build: WasmBuild, memory: WebAssembly.Memory): Kernel {
  const module = new WebAssembly.Module(wasmBytes(build)); // compiled once: V8 knows bytes that it has seen
  const wasm = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as WasmExports;
  if (wasm.scratchBytes() > TILINGS.wasm.scratch) throw new RangeError(`${build} needs more scratch memory`);
  const scoreAll: ScoreAll = (work, job, words, from, to, out) => {
    const acc = out.byteOffset + out.BYTES_PER_ELEMENT * PARTIAL_HEADER;
    wasm.tile(words, from, to, work.scratch, acc);
    describe(job, work.d, to - from, wasm, out);
  };
  const skipping = new WasmSkipping(scoreAll, wasm.scratchBytes());
  return {
    does: (job, precise) => !precise && (job.kind === 'grid' || job.kind === 'rows'),
    run(work, from, to, out) {
      const { job } = work;
      if (job.kind !== 'grid' && job.kind !== 'rows') throw new RangeError(`wasm kernel: a ${job.kind} job`);
      if (job.skip) return skipping.run(work, job, job.skip, from, to, out);
      clearPartial(out);
      scoreAll(work, job, work.words, from, to, out);
    },
  };
}

/** Write the header: `acc` is there already. Scores that float32 cannot hold make the answer NaN, never a wrong one. */
function describe(job: AtomsJob, d: number, rows: number, wasm: WasmExports, out: Float64Array): void {
  const [m, max, l] = [wasm.m.value, wasm.max.value, wasm.l.value] as [number, number, number];
  const [one, two] = job.kind === 'grid' ? [job.side1, job.side2] : [job.atoms, null];
  const weighted = one.logWeights !== null || (two?.logWeights ?? null) !== null || job.logScale !== 0;
  const none = max < -MAX_SCORE; // every weight is 0, or the scores are too far out
  const wrong = Number.isNaN(l) || !(max < MAX_SCORE) || (none && !weighted);
  const nothing = none && !wrong;
  out[PARTIAL.m] = nothing ? -Infinity : m * Math.LN2;
  out[PARTIAL.l] = wrong ? NaN : nothing ? 0 : l;
  out[PARTIAL.max] = weighted ? NaN : max * Math.LN2;
  out[PARTIAL.mean] = out[PARTIAL.m2] = out[PARTIAL.squares] = NaN; // measured in float64 only, by the reference
  const valued = job.role !== 'denominator';
  const pairs = two === null ? rows : rows * two.keys.count;
  out[PARTIAL.pairs] = pairs;
  out[PARTIAL.flops] = d * ((valued ? 4 : 2) * pairs + (two === null ? 0 : (valued ? 3 : 1) * rows));
}
