import { Piscina } from 'piscina';
import { Failure } from '../src/core/failure.js';
import type { AttentionPool } from '../src/core/pool.js';
import type { SharedArena } from './arena.js';
import type { ThreadData } from './attend.task.js';
import type { KernelName } from './kernels/kernel.js';
import { SharedStep, type StepAddress } from './shared-step.js';
import { answerStep, type TileRunner } from './step.js';

const MAX_ATTEMPTS = 5; // a step that kills its workers this often would kill them for ever

// Threads cannot load .ts on Node 20: from sources (tests), the built task is used.
const built = import.meta.url.endsWith('.ts') ? '../dist/workers/' : './';
const TASK = new URL(`${built}attend.task.js`, import.meta.url).href;

const REFERENCE = { name: 'reference', label: 'reference' } as const;

/** Settings of a worker pool; `task` replaces the task module (tests make threads die with it). */
export interface PoolOptions {
  readonly arena: SharedArena;
  readonly threads: number;
  /** A kernel that `chooseKernel` has found to work, and its label for run.json. */
  readonly kernel?: { readonly name: KernelName; readonly label: string };
  readonly task?: string;
}

/**
 * Attention on worker threads that share `arena`: one message per thread and step, which says only where the
 * step lies. A thread that dies is replaced, its tile is done again, and `onEvent` is told.
 */
export function createPool({ arena, threads, kernel = REFERENCE, task = TASK }: PoolOptions): AttentionPool {
  const data: ThreadData = { memory: arena.memory, dtype: arena.dtype, kernel: kernel.name };
  const piscina = new Piscina({
    filename: task,
    workerData: data,
    minThreads: threads,
    maxThreads: threads,
    recordTiming: false,
  });
  // an idle thread that dies is news, not the end of the process; with a task in hand, the task rejects instead
  piscina.on('error', (error: Error) => pool.onEvent({ kind: 'worker-restarted', message: error.message }));
  const step = new SharedStep(arena);
  const now = () => Number(process.hrtime.bigint());
  let busy = false;

  const pool: AttentionPool = {
    threads,
    kernel: kernel.label,
    onEvent: () => {},
    close: () => piscina.destroy(),
    async attend(requests) {
      if (busy) throw new RangeError('a pool answers one step at a time: its threads share one board');
      busy = true;
      try {
        return await answerStep(requests, runTiles, kernel.name, now);
      } finally {
        busy = false;
      }
    },
  };

  const runTiles: TileRunner = async (works) => {
    const address = step.load(works);
    await runAll(address);
    return step.reader(address, works);
  };

  async function runAll(address: StepAddress): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const workers = Math.min(threads, step.missing(address));
      const results = await Promise.allSettled(Array.from({ length: workers }, () => piscina.run(address)));
      const died = results.flatMap((r) =>
        r.status === 'rejected' ? [String(r.reason?.message ?? r.reason)] : [],
      );
      for (const message of died) pool.onEvent({ kind: 'worker-restarted', message });
      for (const r of results)
        if (r.status === 'fulfilled' && r.value !== null) throw new RangeError(r.value);
      const missing = step.missing(address);
      if (missing === 0) return;
      if (attempt === MAX_ATTEMPTS) {
        throw new Failure(
          'worker-lost',
          `worker threads died ${MAX_ATTEMPTS} times over the same step (${missing} tiles left): ${died.at(-1)}`,
          'look for memory limits of this process; --threads 1 uses less',
        );
      }
      step.rewind(address);
    }
  }
  return pool;
}
