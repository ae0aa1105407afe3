import { workerData } from 'piscina';
import type { KernelName } from './kernels/kernel.js';
import { openKernels } from './kernels/ladder.js';
import type { WasmBuild } from './kernels/wasm.js';
import { takeTiles, type StepAddress } from './shared-step.js';
import { timedTile } from './timed-tile.js';

/** What every thread is given once, when it starts. */
export interface ThreadData {
  readonly memory: WebAssembly.Memory;
  readonly dtype: 'f32' | 'f64';
  readonly kernel: KernelName;
  readonly build?: WasmBuild | undefined;
}

const { memory, dtype, kernel, build } = workerData as ThreadData;
const now = () => Number(process.hrtime.bigint());
const kernelOf = openKernels({ name: kernel, build }, { memory, dtype });

/** An error on its way to the main thread. */
export interface TaskError {
  readonly message: string;
  readonly stack: string | undefined;
}

/**
 * Take tiles of a step until none is left; the partials stay in shared memory. Never awaits: between tasks
 * piscina parks the thread. An error is returned, not thrown: a throw would be taken for a dead thread.
 */
export default function attend(step: StepAddress): TaskError | null {
  try {
    takeTiles(memory, step, (job, tile, out) => timedTile(kernelOf(job), job, tile, out, now));
    return null;
  } catch (error) {
    return error instanceof Error
      ? { message: error.message, stack: error.stack }
      : { message: String(error), stack: undefined };
  }
}
