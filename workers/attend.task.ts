import { workerData } from 'piscina';
import type { SharedMemory } from './arena.js';
import { CONTROL, controlLength, SEAT, seatAt, SPINS } from './control.js';
import type { KernelName } from './kernels/kernel.js';
import { isFailure, type FailureCode } from '../src/core/failure.js';
import { openKernels } from './kernels/ladder.js';
import type { WasmBuild } from './kernels/wasm.js';
import { TileTaker, type Seat } from './take-tiles.js';
import { Tasks } from './tasks.js';

/** What every thread is given once, when it starts. */
export interface ThreadData {
  readonly memory: SharedMemory;
  readonly dtype: 'f32' | 'f64';
  readonly kernel: KernelName;
  readonly build?: WasmBuild | undefined;
}

/** A thread's place in a pool. */
export interface ThreadSeat extends Seat {
  readonly index: number;
  /** Threads besides the one that calls. */
  readonly seats: number;
  /** Byte offset of the control block. */
  readonly control: number;
  /** Tasks of plug-ins that plans may name. */
  readonly tasks: readonly string[];
}

/** An error on its way to the main thread. */
export interface TaskError {
  readonly message: string;
  readonly stack: string | undefined;
  /** Where it is a `Failure`. */
  readonly failure?: { readonly code: FailureCode; readonly what: string; readonly hint: string | undefined };
}

const { memory, dtype, kernel, build } = workerData as ThreadData;
const tasks = new Tasks();
const kernels = openKernels({ name: kernel, build }, { memory, dtype }, tasks);

/**
 * Work on steps until the pool is closed or nothing has come for a while: a task that never ends would keep the process from
 * ending. Between steps it looks for the next one, then sleeps; it awaits nothing but modules, before the first. An error is returned, not thrown: a throw
 * would be taken for a dead thread.
 */
export default async function attend(seat: ThreadSeat): Promise<TaskError | null> {
  const control = new Int32Array(memory.buffer, seat.control, controlLength(seat.seats));
  const own = seatAt(seat.index);
  try {
    for (const name of seat.tasks) await tasks.load(name);
    const taker = new TileTaker(memory, kernels, seat);
    Atomics.store(control, own, SEAT.outside);
    let seen = 0;
    while ((seen = nextStep(control, seen)) !== ENOUGH) {
      Atomics.store(control, own, SEAT.inside); // before it looks: from here on the main thread waits for it
      if (Atomics.load(control, CONTROL.open) === 1) taker.take();
      Atomics.store(control, own, SEAT.outside);
      Atomics.notify(control, own);
    }
    Atomics.store(control, own, SEAT.absent);
    return null;
  } catch (error) {
    Atomics.store(control, own, SEAT.failed);
    Atomics.notify(control, own);
    return describe(error);
  }
}

function describe(error: unknown): TaskError {
  if (!(error instanceof Error)) return { message: String(error), stack: undefined };
  const { message, stack } = error;
  if (!isFailure(error)) return { message, stack };
  return { message, stack, failure: { code: error.code, what: error.what, hint: error.hint } };
}

const ENOUGH = -1;
const IDLE_MS = 1000; // asleep; to start a task again takes a twentieth of a millisecond

/** Wait until another step than `seen` was posted: look for it for a while, then sleep. */
function nextStep(control: Int32Array, seen: number): number {
  for (let spins = 0; Atomics.load(control, CONTROL.quit) === 0; spins++) {
    const generation = Atomics.load(control, CONTROL.generation);
    if (generation !== seen) return generation;
    if (spins < SPINS) continue;
    Atomics.add(control, CONTROL.sleepers, 1);
    const woken = Atomics.wait(control, CONTROL.generation, seen, IDLE_MS);
    Atomics.sub(control, CONTROL.sleepers, 1);
    if (woken === 'timed-out') return ENOUGH;
    spins = 0;
  }
  return ENOUGH;
}
