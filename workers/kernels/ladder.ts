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
  readonly memory: WebAssembly.Memory;
  readonly dtype: 'f32' | 'f64';
}

/**
 * The kernels of one thread: which one a job gets, the reference where the fast one does not do it.
 * The kernel has passed `chooseKernel` on the main thread; if it cannot be opened here, that is our fault.
 */
export function openKernels(
  choice: KernelChoice,
  { memory, dtype }: KernelMemory,
): (job: BoardJob) => Kernel {
  const reference = referenceKernel(dtype);
  const fast = dtype === 'f32' ? openFast(choice, memory) : null; // what others read
  return (job) => (fast?.does(job) ? fast : reference);
}

function openFast({ name, build = 'wasm-128' }: KernelChoice, memory: WebAssembly.Memory): Kernel | null {
  if (name === 'reference') return null;
  if (name === 'wasm') return wasmKernel(build, memory);
  const loaded = loadNative();
  if ('why' in loaded) throw new RangeError(`native kernel: ${loaded.why}`);
  return nativeKernel(loaded.addon);
}
