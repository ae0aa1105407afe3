import type { Job } from '../../src/core/plan.js';
import type { SharedMemory } from '../arena.js';
import type { Tasks } from '../tasks.js';
import type { BoardJob, Kernel, KernelName } from './kernel.js';
import { loadNative, nativeKernel } from './native.js';
import { referenceKernel } from './reference.js';
import { wasmKernel, type WasmBuild } from './wasm.js';

/** A rung, and of wasm which build of it. */
export interface KernelChoice {
  readonly name: KernelName;
  /** Default: the build that runs anywhere. */
  readonly build?: WasmBuild | undefined;
}

/** The memory whose numbers a kernel reads. */
export interface KernelMemory {
  readonly memory: SharedMemory;
  readonly dtype: 'f32' | 'f64';
}

/** The kernels of one thread: the fast one, and the reference for what that does not do. */
export interface OpenKernels {
  /** Whether the fast kernel does a job. Asked once a job, on the main thread; `BoardJob.fast` tells the others. */
  isFast(job: Job, precise: boolean): boolean;
  of(job: BoardJob): Kernel;
}

/**
 * Open the kernels of one thread, which has imported `tasks`. The kernel has passed `chooseKernel` on the main thread; if it cannot be opened here,
 * that is our fault.
 */
export function openKernels(
  choice: KernelChoice,
  { memory, dtype }: KernelMemory,
  tasks: Tasks,
): OpenKernels {
  const reference = referenceKernel(dtype, tasks);
  const fast = dtype === 'f32' ? openFast(choice, memory) : null; // what others read
  if (fast === null) return { isFast: () => false, of: () => reference };
  return { isFast: fast.does, of: (job) => (job.fast ? fast : reference) };
}

function openFast({ name, build = 'wasm-128' }: KernelChoice, memory: SharedMemory): Kernel | null {
  if (name === 'reference') return null;
  if (name === 'wasm') {
    if (!(memory instanceof WebAssembly.Memory)) throw new RangeError('wasm kernel: memory beyond 4 GiB');
    return wasmKernel(build, memory);
  }
  const loaded = loadNative();
  if ('why' in loaded) throw new RangeError(`native kernel: ${loaded.why}`);
  return nativeKernel(loaded.addon);
}
