import type { AttentionPool, PoolEvent } from '../src/core/pool.js';
import type { SharedArena } from './arena.js';
import { TILINGS, type KernelName } from './kernels/kernel.js';
import { openKernels } from './kernels/ladder.js';
import type { WasmBuild } from './kernels/wasm.js';
import { SharedStep, takeTiles } from './shared-step.js';
import { answerStep } from './step.js';
import { timedTile } from './timed-tile.js';

const now = () => Number(process.hrtime.bigint());

/** Attention on the calling thread, by the same tiles and merges as the worker pool: for tests and small runs. */
export function inlinePool(
  arena: SharedArena,
  kernel: KernelName = 'reference',
  build?: WasmBuild,
): AttentionPool {
  const step = new SharedStep(arena, TILINGS[kernel].scratch);
  const kernelOf = openKernels({ name: kernel, build }, arena);
  return {
    threads: 0,
    kernel,
    onEvent: (_: PoolEvent) => {},
    close: () => Promise.resolve(),
    attend: (requests) =>
      answerStep(
        requests,
        (works) => {
          const address = step.load(works);
          takeTiles(arena.memory, address, (job, tile, out) => timedTile(kernelOf(job), job, tile, out, now));
          return Promise.resolve(step.reader(address, works));
        },
        kernel,
        now,
      ),
  };
}
