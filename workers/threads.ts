import { setTimeout } from 'node:timers/promises';
import { Piscina } from 'piscina';
import { Failure } from '../src/core/failure.js';
import type { SharedArena } from './arena.js';
import type { TaskError, ThreadData, ThreadSeat } from './attend.task.js';
import { CONTROL, makeControl, SEAT, seatAt } from './control.js';

const MAX_DEATHS = 5; // threads that die this often without working on a step would die for ever
const MAIN_SPINS = 10_000; // about 65 µs: what is waited for is the rest of one tile
const BLOCK_MS = 1; // that the main thread sleeps before it looks after its events

/** What threads are made of. */
export interface ThreadsOptions {
  readonly task: string;
  readonly data: ThreadData;
  /** Threads besides the one that calls. */
  readonly count: number;
  readonly head: number;
  /** Scratch memory of the thread with this index. */
  scratch(index: number): number;
  /** Told of threads that died; they are replaced. */
  died(message: string): void;
}

/** Threads that wait for steps beside the one that calls. Piscina owns them, and replaces those that die. */
export class Threads {
  readonly #piscina: Piscina | null;
  readonly #control: Int32Array;
  readonly #seats: readonly Omit<ThreadSeat, 'tasks'>[];
  readonly #tasks: Promise<void>[] = [];
  readonly #busy = new Set<number>(); // threads whose task has not ended, as far as is known here
  readonly #options: ThreadsOptions;
  #tasksOfPlugins: readonly string[] = [];
  #deaths = 0;
  #error: Error | null = null;
  #closed = false;
  /** Whether every thread has been up. */
  ready = false;

  constructor(arena: SharedArena, options: ThreadsOptions) {
    const { count, head, scratch } = (this.#options = options);
    const { control, offset } = makeControl(arena, count);
    this.#control = control;
    this.#seats = Array.from({ length: count }, (_, index) => {
      return { index, head, scratch: scratch(index), seats: count, control: offset };
    });
    this.#piscina = count === 0 ? null : openPiscina(options);
  }

  /**
   * Wait until every thread is up.
   * @throws Failure `worker-lost` when they keep dying, or what a thread threw
   */
  async start(): Promise<void> {
    for (const { index } of this.#seats) this.#run(index);
    for (const { index } of this.#seats) {
      while (this.#state(index) === SEAT.absent) {
        this.#throwError();
        await setTimeout(1);
      }
      if (this.#state(index) === SEAT.failed) await this.#tasks[index];
    }
    this.#throwError();
    this.ready = true;
  }

  /**
   * Have every thread import these tasks of plug-ins: those that are up leave, and come back with them.
   * @throws Failure `bad-plugin` when a thread cannot import what the calling one could
   */
  async import(tasks: readonly string[]): Promise<void> {
    this.#tasksOfPlugins = tasks;
    if (!this.ready) return; // they have not started yet
    this.#recall();
    await Promise.all(this.#tasks);
    Atomics.store(this.#control, CONTROL.quit, 0);
    await this.start();
  }

  get count(): number {
    return this.#seats.length;
  }

  /** Whether a thread is looking for the next step right now. */
  get awake(): boolean {
    let present = 0;
    for (const { index } of this.#seats) if (this.#state(index) !== SEAT.absent) present++;
    return Atomics.load(this.#control, CONTROL.sleepers) < present;
  }

  /** Let threads take tiles of the step that was loaded, and wake as many as can be of use. */
  post(wanted: number): void {
    this.#throwError();
    let absent = 0;
    for (const { index } of this.#seats) {
      if (this.#state(index) !== SEAT.absent) continue;
      absent++;
      this.#run(index);
    }
    if (absent === 0) this.#deaths = 0;
    Atomics.store(this.#control, CONTROL.open, 1);
    Atomics.add(this.#control, CONTROL.generation, 1);
    if (Atomics.load(this.#control, CONTROL.sleepers) > 0) {
      Atomics.notify(this.#control, CONTROL.generation, wanted);
    }
  }

  /** No tile is left to take: wait for threads that still work on one. Null when there is nothing to wait for. */
  settle(): Promise<void> | null {
    Atomics.store(this.#control, CONTROL.open, 0);
    return this.#seats.every(({ index }) => this.#leavesSoon(index)) ? null : this.#wait();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#recall();
    await this.#piscina?.destroy();
  }

  /** End the tasks of all threads. */
  #recall(): void {
    Atomics.store(this.#control, CONTROL.quit, 1);
    Atomics.add(this.#control, CONTROL.generation, 1);
    Atomics.notify(this.#control, CONTROL.generation);
  }

  #leavesSoon(index: number): boolean {
    for (let spins = 0; spins < MAIN_SPINS; spins++) {
      const state = this.#state(index);
      if (state === SEAT.outside || state === SEAT.absent) return true;
      if (state === SEAT.failed) return false;
    }
    return false;
  }

  /** A thread that lost its processor may take milliseconds for its last tile, one that died will never end it. */
  async #wait(): Promise<void> {
    for (const { index } of this.#seats) {
      while (this.#state(index) === SEAT.inside) {
        const woken = Atomics.wait(this.#control, seatAt(index), SEAT.inside, BLOCK_MS);
        if (woken === 'timed-out') await setTimeout(1);
      }
      if (this.#state(index) === SEAT.failed) await this.#tasks[index];
    }
    this.#throwError();
  }

  #state(index: number): number {
    return Atomics.load(this.#control, seatAt(index));
  }

  /** Give a thread its task. When that ends the seat is empty, and the thread takes the next task. */
  #run(index: number): void {
    if (this.#busy.has(index)) return;
    this.#busy.add(index);
    const seat: ThreadSeat = { ...this.#seats[index], tasks: this.#tasksOfPlugins };
    const running: Promise<TaskError | null> = this.#piscina!.run(seat);
    this.#tasks[index] = running.then(
      (error) => this.#ended(index, error),
      (error: unknown) => this.#died(index, error),
    );
  }

  #ended(index: number, error: TaskError | null): void {
    this.#busy.delete(index);
    Atomics.store(this.#control, seatAt(index), SEAT.absent);
    if (error !== null) this.#error ??= fromThread(error);
  }

  #died(index: number, error: unknown): void {
    this.#ended(index, null);
    if (this.#closed) return;
    const message = error instanceof Error ? error.message : String(error);
    this.#options.died(message);
    if (++this.#deaths < MAX_DEATHS) return this.#run(index);
    this.#error ??= new Failure(
      'worker-lost',
      `worker threads died ${MAX_DEATHS} times over the same step: ${message}`,
      'look for memory limits of this process; --threads 1 uses less',
    );
  }

  /** Once: the next step may go better. */
  #throwError(): void {
    const error = this.#error;
    this.#error = null;
    if (error === null) return;
    this.#deaths = 0;
    throw error;
  }
}

function openPiscina({ task, data, count, died }: ThreadsOptions): Piscina {
  const piscina = new Piscina({
    filename: task,
    workerData: data,
    minThreads: count,
    maxThreads: count,
    recordTiming: false,
  });
  // an idle thread that dies is news, not the end of the process; with a task in hand, the task rejects instead
  piscina.on('error', ({ message }: Error) => died(message));
  return piscina;
}

/** An error of a thread, with the stack it had there. */
function fromThread({ message, stack, failure }: TaskError): Error {
  const error = failure ? new Failure(failure.code, failure.what, failure.hint) : new RangeError(message);
  if (stack !== undefined) error.stack = stack;
  return error;
}
