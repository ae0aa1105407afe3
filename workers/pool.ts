import { Piscina } from 'piscina';
import { Failure } from '../src/core/failure.js';
import type { AttentionPool } from '../src/core/pool.js';
import type { SharedArena } from './arena.js';
import type { TaskError, ThreadData } from './attend.task.js';
import { TILINGS } from './kernels/kernel.js';
import { openKernels, type KernelChoice } from './kernels/ladder.js';
import { SharedStep, takeTiles, type StepAddress } from './shared-step.js';
import { answerStep, type TileRunner } from './step.js';
import { timedTile } from './timed-tile.js';

const MAX_ATTEMPTS = 5; // a step that kills its workers this often would kill them for ever

// Threads cannot load .ts on Node 20: from sources (tests), the built task is used.
const built = import.meta.url.endsWith('.ts') ? '../dist/workers/' : './';
const TASK = new URL(`${built}attend.task.js`, import.meta.url).href;

const REFERENCE: KernelChoice & { label: string } = { name: 'reference', label: 'reference' };

/** Settings of a worker pool; `task` replaces the task module (tests make threads die with it). */
export interface PoolOptions {
  readonly arena: SharedArena;
  readonly threads: number;
  /** A kernel that `chooseKernel` has found to work, and its label for run.json. */
  readonly kernel?: KernelChoice & { readonly label: string };
  /** Steps of at most so many multiply-adds are done by the calling thread: to wake others would take longer. */
  readonly small?: number;
  readonly task?: string;
}

/**
 * Attention on worker threads that share `arena`: one message per thread and step, which says only where the
 * step lies. A thread that dies is replaced, its tile is done again, and `onEvent` is told.
 */
export function createPool(options: PoolOptions): AttentionPool {
  const { arena, threads, kernel = REFERENCE, small = 0, task = TASK } = options;
  const { memory, dtype } = arena;
  const data: ThreadData = { memory, dtype, kernel: kernel.name, build: kernel.build };
  const piscina = new Piscina({
    filename: task,
    workerData: data,
    minThreads: threads,
    maxThreads: threads,
    recordTiming: false,
  });
  // an idle thread that dies is news, not the end of the process; with a task in hand, the task rejects instead
  piscina.on('error', (error: Error) => pool.onEvent({ kind: 'worker-restarted', message: error.message }));
  const step = new SharedStep(arena, TILINGS[kernel.name].scratch, threads);
  const kernelOf = openKernels(kernel, arena);
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
    if (works.reduce((sum, { size }) => sum + size, 0) <= small) {
      takeTiles(arena.memory, address, (job, tile, out) => timedTile(kernelOf(job), job, tile, out, now));
      return step.reader(address, works);
    }
    await runAll(piscina, step, address, (message) => pool.onEvent({ kind: 'worker-restarted', message }));
    return step.reader(address, works);
  };
  return pool;
}

/** Run every tile of a step; `died` is told of threads that died over it, and their tiles are done again. */
async function runAll(
  piscina: Piscina,
  step: SharedStep,
  address: StepAddress,
  died: (message: string) => void,
): Promise<void> {
  let last = '';
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    step.rewind(address);
    const workers = Math.min(piscina.options.maxThreads, step.missing(address));
    const results = await Promise.allSettled(
      step.perThread(address, workers).map((own) => piscina.run(own) as Promise<TaskError | null>),
    );
    for (const result of results) {
      if (result.status === 'rejected') died((last = String(result.reason?.message ?? result.reason)));
      else if (result.value !== null) throw fromThread(result.value);
    }
    if (step.missing(address) === 0) return;
  }
  throw new Failure(
    'worker-lost',
    `worker threads died ${MAX_ATTEMPTS} times over the same step (${step.missing(address)} tiles left): ${last}`,
    'look for memory limits of this process; --threads 1 uses less',
  );
}

/** An error of a thread, with the stack it had there. */
function fromThread({ message, stack }: TaskError): RangeError {
  const error = new RangeError(message);
  if (stack !== undefined) error.stack = stack;
  return error;
}
