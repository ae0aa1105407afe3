import type { BoardJob, Kernel, KernelName } from './kernel.js';
import { loadNative, nativeKernel } from './native.js';
import { referenceKernel } from './reference.js';

/**
 * The kernels of one thread: which one a job gets, the reference where the fast one does not do it.
 * `name` has passed `chooseKernel` on the main thread; if it cannot be opened here, that is our fault.
 */
export function openKernels(name: KernelName, dtype: 'f32' | 'f64'): (job: BoardJob) => Kernel {
  const reference = referenceKernel(dtype);
  if (name === 'reference') return () => reference;
  const loaded = loadNative();
  if ('why' in loaded) throw new RangeError(`native kernel: ${loaded.why}`);
  const native = nativeKernel(loaded.addon);
  return (job) => (native.does(job) ? native : reference);
}
