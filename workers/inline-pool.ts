import type { AttentionPool } from '../src/core/pool.js';
import type { SharedArena } from './arena.js';
import type { KernelName } from './kernels/kernel.js';
import type { WasmBuild } from './kernels/wasm.js';
import { createPool } from './pool.js';

/** Attention on the calling thread, by the same tiles and merges as the worker pool: for tests and small runs. */
export function inlinePool(
  arena: SharedArena,
  kernel: KernelName = 'reference',
  build?: WasmBuild,
): AttentionPool {
  return createPool({ arena, threads: 1, kernel: { name: kernel, build, label: kernel } });
}
