import { isFailure } from '../src/core/failure.js';
import { TaskFailure, type AttendRequest, type AttentionPool, type Threading } from '../src/core/pool.js';
import { wholeView, type SharedArena } from './arena.js';
import { TILINGS } from './kernels/kernel.js';
import { openKernels, type KernelChoice } from './kernels/ladder.js';
import { failureOf } from './kernels/task.js';
import { Sharing } from './sharing.js';
import { answerStep, type StepParts } from './step.js';
import { StepMemory } from './step-memory.js';
import { now, TileTaker } from './take-tiles.js';
import { Tasks } from './tasks.js';
import { Threads } from './threads.js';

// Threads cannot load .ts on Node 20: from sources (tests), the built task is used.
const built = import.meta.url.endsWith('.ts') ? '../dist/workers/' : './';
const TASK = new URL(`${built}attend.task.js`, import.meta.url).href;

const REFERENCE: KernelChoice & { label: string } = { name: 'reference', label: 'reference' };

/** Settings of a worker pool; `task` replaces the task module (tests make threads die with it). */
export interface PoolOptions {
  readonly arena: SharedArena;
  /** Threads that compute, the calling one included. */
  readonly threads: number;
  /** A kernel that `chooseKernel` has found to work, and its label for run.json. */
  readonly kernel?: KernelChoice & { readonly label: string };
  /** Steps of at most so many multiply-adds are done by the calling thread: to wake others would take longer. */
  readonly small?: number;
  /** The same, measured (`openPool`). */
  readonly threading?: Threading;
  readonly task?: string;
}

/**
 * Attention on the calling thread and others that share `arena` with it: a step is written where all see it and threads take
 * its tiles; nothing is sent. A thread that dies is replaced, its tiles are done again, and `onEvent` is told.
 */
export function createPool(options: PoolOptions): AttentionPool {
  return makePool(options).pool;
}

/** A pool, and where it decides who works: `openPool` measures it and changes its mind. */
export function makePool(options: PoolOptions): { readonly pool: AttentionPool; readonly sharing: Sharing } {
  const { arena, threads, kernel = REFERENCE, small = 0, task = TASK } = options;
  const tasks = new Tasks();
  const kernels = openKernels(kernel, arena, tasks);
  const memory = new StepMemory(arena, kernels);
  const { scratch } = TILINGS[kernel.name];
  const first = scratch === 0 ? 0 : arena.allocBytes(scratch * threads);
  const taker = new TileTaker(arena.memory, kernels, { head: memory.head, scratch: first });
  const others = new Threads(arena, {
    task,
    data: { memory: arena.memory, dtype: arena.dtype, kernel: kernel.name, build: kernel.build },
    count: threads - 1,
    head: memory.head,
    scratch: (index) => first + (index + 1) * scratch,
    died: (message) => pool.onEvent({ kind: 'worker-restarted', message }),
  });
  const sharing = new Sharing(memory, taker, others, options.threading ?? { alone: small, asleep: small });
  const parts: StepParts = {
    ...{ runTiles: sharing.run, kernel: kernel.name, now },
    failureOf({ q, scale }, job, from, to) {
      const query = {
        memory: wholeView(arena.memory, arena.dtype),
        q: Float64Array.from(arena.view(q)),
        scale,
      };
      return failureOf(tasks.get(job.task), job, query, from, to);
    },
  };
  let busy = false;

  const pool: AttentionPool = {
    threads,
    kernel: kernel.label,
    get threading() {
      return sharing.threading;
    },
    onEvent: () => {},
    close: () => others.close(),
    async attend(requests) {
      if (busy) throw new RangeError('a pool answers one step at a time: its threads share one board');
      busy = true;
      try {
        const unknown = tasks.missing(requests);
        if (unknown !== null) await importTasks(unknown, requests, tasks, others);
        return await answerStep(requests, parts);
      } finally {
        busy = false;
        sharing.ended();
      }
    },
  };
  return { pool, sharing };
}

/** On this thread first: what is wrong with them is wrong everywhere, and here it is known before anybody waits. */
async function importTasks(
  names: readonly string[],
  requests: readonly AttendRequest[],
  tasks: Tasks,
  others: Threads,
): Promise<void> {
  for (const name of names) {
    await tasks.load(name).catch((error: unknown) => {
      if (!isFailure(error)) throw error;
      const asks = ({ plan }: AttendRequest) =>
        plan.jobs.some((job) => job.kind === 'task' && job.task === name);
      throw new TaskFailure(requests.findIndex(asks), error);
    });
  }
  await others.import(tasks.names);
}
