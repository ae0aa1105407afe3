import type { MultiplyRows } from '../src/core/multiply-rows.js';
import type { KernelName } from './kernels/kernel.js';
import { loadNative } from './kernels/native.js';

/** How a kernel projects; undefined where the reference does, with the same bits. */
export function multiplyOf(kernel: KernelName): MultiplyRows | undefined {
  if (kernel !== 'native') return undefined;
  const loaded = loadNative();
  return 'why' in loaded ? undefined : loaded.addon.multiply;
}
