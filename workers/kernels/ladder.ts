import type { BoardJob, Kernel, KernelName } from './kernel.js';
import { loadNative, nativeKernel } from './native.js';
import { referenceKernel } from './reference.js';

/**
 * The kernels of one thread: which one a job gets. Precise jobs get float64: native where it can, else the reference.
 * `name` has passed `chooseKernel` on the main thread; if it cannot be opened here, that is our fault.
 */
export function openKernels(name: KernelName, dtype: 'f32' | 'f64'): (job: BoardJob) => Kernel {
  const reference = referenceKernel(dtype);
  if (name === 'reference') return () => reference;
  const loaded = loadNative();
  if ('why' in loaded) throw new RangeError(`native kernel: ${loaded.why}`);
  const native = nativeKernel(loaded.addon);
  return ({ precise, job }) => (precise && !isPlainGrid(job) ? reference : native);
}

/** What the native kernel does in float64 as well. */
function isPlainGrid(job: BoardJob['job']): boolean {
  if (job.kind !== 'grid' || job.role !== 'both') return false;
  return job.logScale === 0 && job.side1.logWeights === null && job.side2.logWeights === null;
}
