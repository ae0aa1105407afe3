import { Failure, isFailure } from '../../src/core/failure.js';
import type { Floats } from '../../src/core/memory.js';
import type { Matrix, TaskJob } from '../../src/core/plan.js';
import type { Task, TaskCall, TaskPartial, TaskRows } from '../../src/core/task.js';
import { PARTIAL, PARTIAL_HEADER } from './partial.js';

/** What a tile of a task is called with, besides its job. */
export interface TaskQuery {
  /** The shared memory as the arena's type, and its bytes, which hold float64 numbers too. */
  readonly memory: Floats;
  /** (d) */
  readonly q: Float64Array;
  readonly scale: number;
}

/**
 * Do rows [from, to) of a task and leave its partial in a cleared `out`. One that fails leaves NaN, as no other task does: a
 * thread goes on with the next tile, and the calling thread finds out what happened (`failureOf`).
 */
export function taskTile(
  task: Task,
  job: TaskJob,
  query: TaskQuery,
  from: number,
  to: number,
  out: Float64Array,
): void {
  out[PARTIAL.max] = out[PARTIAL.mean] = out[PARTIAL.m2] = out[PARTIAL.squares] = NaN; // nobody measured them
  try {
    const { m, l, acc, pairs, flops } = callTask(task, job, query, from, to);
    out[PARTIAL.m] = m;
    out[PARTIAL.l] = l;
    out[PARTIAL.pairs] = pairs;
    out[PARTIAL.flops] = flops;
    out.set(acc, PARTIAL_HEADER);
  } catch {
    out[PARTIAL.m] = out[PARTIAL.l] = NaN;
  }
}

/** Why a task failed on rows [from, to): it is called again, and fails again if it depends on its argument alone. */
export function failureOf(task: Task, job: TaskJob, query: TaskQuery, from: number, to: number): Failure {
  try {
    callTask(task, job, query, from, to);
  } catch (error) {
    if (isFailure(error)) return error;
    const words = error instanceof Error ? error.message : String(error);
    const what = `task ${job.task}, rows ${from} to ${to}: ${words}`;
    return new Failure('plugin-failed', what, undefined, { cause: error });
  }
  return new Failure(
    'plugin-failed',
    `task ${job.task}, rows ${from} to ${to}: it failed, and did not fail when it was called again`,
    'what a task leaves may depend on its argument alone, not on time, chance, earlier calls or its thread',
  );
}

/** Call a task and check what it returns. @throws Failure `plugin-failed`, or whatever it throws */
export function callTask(task: Task, job: TaskJob, query: TaskQuery, from: number, to: number): TaskPartial {
  const { memory, scale } = query;
  const q = query.q.slice(); // a task may use it as scratch
  const inputs = job.inputs.map((input) => rowsOf(input.wide ? wide(memory) : memory, input));
  const call: TaskCall = { q, scale, from, to, inputs, numbers: job.numbers };
  const partial = task(call);
  const wrong = wrongWith(partial, query.q.length);
  if (wrong === null) return partial;
  const hint = 'a task returns { m, l, acc, pairs, flops } at once: docs/custom-kernels.md';
  throw new Failure('plugin-failed', `task ${job.task}, rows ${from} to ${to}: ${wrong}`, hint);
}

function wide(memory: Floats): Float64Array {
  return memory instanceof Float64Array ? memory : new Float64Array(memory.buffer);
}

/** Which rule a partial breaks; null: none. Plug-ins are not type-checked when they run. */
function wrongWith(partial: TaskPartial | null | undefined, d: number): string | null {
  if (typeof partial !== 'object' || partial === null) return `it returned ${String(partial)}`;
  if ('then' in partial) return 'it returned a promise, but a task answers at once';
  const { m, l, acc, pairs, flops } = partial;
  if (acc?.length !== d) return `acc holds ${acc?.length ?? 'no'} numbers instead of ${d}`;
  const nothing = m === -Infinity;
  for (const [name, value] of Object.entries({ m: nothing ? 0 : m, l, pairs, flops })) {
    if (!Number.isFinite(value)) return `${name} is ${String(value)}`;
  }
  for (let j = 0; j < d; j++) if (!Number.isFinite(acc[j])) return `acc[${j}] is ${String(acc[j])}`;
  if (!Number.isInteger(pairs) || pairs < 0 || flops < 0)
    return `it counts ${pairs} pairs and ${flops} flops`;
  if (nothing && (l !== 0 || Array.prototype.some.call(acc, (x) => x !== 0))) {
    return 'm is -Infinity, which says that nothing was scored, but l or acc is not 0';
  }
  return null;
}

function rowsOf(memory: Floats, { width, count, spans }: Matrix): TaskRows {
  const start = (offset: number) => offset / memory.BYTES_PER_ELEMENT;
  return {
    ...{ width, count },
    row(index) {
      let first = 0;
      for (const { offset, rows } of spans) {
        const at = start(offset) + (index - first) * width;
        if (index >= first && index < first + rows) return memory.subarray(at, at + width);
        first += rows;
      }
      throw new RangeError(`row ${index} of ${count}`);
    },
    pieces: () =>
      spans.map(({ offset, rows }) => memory.subarray(start(offset), start(offset) + rows * width)),
  };
}
