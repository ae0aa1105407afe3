import { createRequire } from 'node:module';
import type { Job } from '../../src/core/plan.js';
import type { MultiplyRows } from '../../src/core/multiply-rows.js';
import type { Kernel } from './kernel.js';

/** Instruction sets of the native kernel, best first. */
export type InstructionSet = 'avx512' | 'avx2' | 'portable';

/** build/kronflow.node, see workers/native/addon.c. Offsets are in bytes. */
export interface NativeAddon {
  /** Choose an instruction set for all threads, '' for the best; null when the processor lacks it. */
  choose(name: InstructionSet | ''): InstructionSet | null;
  /** out = x·w, see `MultiplyRows`. */
  multiply: MultiplyRows;
  /** out += x·w in float32; of `turned`, 1 says that x lies column by column, 2 that w does. */
  addProduct(
    x: Float32Array,
    w: Float32Array,
    out: Float32Array,
    rows: number,
    inner: number,
    columns: number,
    turned: number,
  ): void;
  /** Causal attention of a whole sequence; with `byOut` its gradients by q, k1, k2, v1 and v2. See workers/native/kernels.h. */
  sequence(
    n: number,
    heads: number,
    d: number,
    scale: number,
    rows: readonly (Float32Array | null)[],
    out: Float32Array,
    logs: Float32Array,
    byOut: Float32Array | null,
    gradients: readonly (Float32Array | null)[] | null,
  ): void;
  tile(memory: Float64Array, words: number, from: number, to: number, out: number): void;
}

/** The addon, or why there is none. */
export type NativeLoad = { readonly addon: NativeAddon } | { readonly why: string };

const root = import.meta.url.endsWith('.ts') ? '../../' : '../../../';

/** Load what `npm install` built, if it did. */
export function loadNative(): NativeLoad {
  const path = new URL(`${root}build/kronflow.node`, import.meta.url).pathname;
  try {
    return { addon: createRequire(import.meta.url)(decodeURIComponent(path)) as NativeAddon };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const missing = code === 'MODULE_NOT_FOUND';
    return {
      why: missing ? 'not built: no C compiler was found at install' : `cannot be loaded: ${message}`,
    };
  }
}

/** Kinds that are the same whether the request is precise or not. */
const WIDE: ReadonlySet<string> = new Set(['mass', 'features']);

/** The kernel of workers/native: float32 multiply-adds, sums of tiles in float64. Needs float32 storage. */
export function nativeKernel(addon: NativeAddon): Kernel {
  let whole = new Float64Array(0); // of 8 bytes: a Uint8Array ends at 4 GiB
  return {
    does: (job, precise) => job.kind !== 'task' && (precise && !WIDE.has(job.kind) ? isPlainGrid(job) : true),
    run({ words }, from, to, out) {
      if (whole.buffer !== out.buffer) whole = new Float64Array(out.buffer as ArrayBuffer);
      addon.tile(whole, words, from, to, out.byteOffset);
    },
  };
}

/** What it does in float64 as well. */
function isPlainGrid(job: Job): boolean {
  if (job.kind !== 'grid' || job.role !== 'both') return false;
  return job.logScale === 0 && job.side1.logWeights === null && job.side2.logWeights === null;
}
