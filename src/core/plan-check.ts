import type { Arena } from './memory.js';
import type { AttendJob, Matrix, Plan, TaskJob } from './plan.js';

const JOBS = ['grid', 'rows', 'features', 'task'];

/**
 * Which rule what a cache gave as its plan breaks, in words; null: none. Kernels read and write the memory that jobs point
 * to, so a wrong plan must not reach them. (d) is the length of keys and values. Costs a look at every span.
 */
export function brokenPlan(
  plan: Plan,
  d: number,
  arena: Pick<Arena, 'view' | 'bytesPerNumber'>,
): string | null {
  if (!isObject(plan) || !Array.isArray(plan.jobs)) return 'its plan is no { jobs: [...] }';
  for (const [i, job] of (plan.jobs as readonly AttendJob[]).entries()) {
    if (!isObject(job) || !JOBS.includes(job.kind))
      return `job ${i} of its plan is none of ${JOBS.join(', ')}`;
    const rule = brokenJob(job, d);
    if (rule !== null) return `job ${i} of its plan, ${job.kind}: ${rule}`;
  }
  const last = { end: 0 };
  const all = [plan.jobs, plan.prepare ?? [], plan.measure ?? []];
  for (const list of all) {
    const rule = brokenMemory(list, last, arena.bytesPerNumber);
    if (rule !== null) return rule;
  }
  return last.end > 0 ? beyond(last.end, arena) : null;
}

function isObject<T>(value: T): value is T & object {
  return typeof value === 'object' && value !== null;
}

/** Keys and values of one side belong together; what else jobs point to is checked as memory only. */
function brokenJob(job: AttendJob, d: number): string | null {
  if (job.kind === 'task') return brokenTask(job);
  if (job.kind !== 'grid' && job.kind !== 'rows') return null;
  for (const side of job.kind === 'grid' ? [job.side1, job.side2] : [job.atoms]) {
    if (!isObject(side) || !isObject(side.keys) || !isObject(side.values))
      return 'a side has no keys and values';
    const { keys, values, logWeights } = side;
    for (const { width } of [keys, values])
      if (width !== d) return `rows of ${width} numbers, where d = ${d}`;
    if (keys.count !== values.count) return `${keys.count} keys with ${values.count} values`;
    if (!isObject(logWeights)) continue;
    if (logWeights.count !== keys.count || logWeights.width !== 1) {
      return `${logWeights.count} × ${logWeights.width} weights for ${keys.count} keys`;
    }
  }
  return null;
}

function brokenTask({ task, rows, pairs, inputs, numbers }: TaskJob): string | null {
  if (typeof task !== 'string') return `its task is ${String(task)}, no MODULE#EXPORT`;
  if (!(Number.isInteger(rows) && rows >= 0 && rows < 2 ** 32)) return `${String(rows)} rows`;
  if (!(Number.isSafeInteger(pairs) && pairs >= 0)) return `${String(pairs)} pairs`;
  const matrices: readonly unknown[] = inputs;
  if (!Array.isArray(matrices) || !matrices.every((input) => isObject(input) && 'spans' in input)) {
    return 'its inputs are no list of matrices';
  }
  const list: readonly unknown[] = numbers;
  if (Array.isArray(list) && list.every((number) => typeof number === 'number')) return null;
  return 'its numbers are no list of numbers';
}

/** Every matrix anywhere in `part`: its spans hold its rows. `last.end` becomes the first byte after all of them. */
function brokenMemory(part: object, last: { end: number }, bytesPerNumber: number): string | null {
  if ('spans' in part) return brokenMatrix(part as Matrix, last, bytesPerNumber);
  for (const name in part) {
    const inner = (part as Record<string, unknown>)[name];
    if (!isObject(inner) || name === 'numbers') continue; // of a task: numbers that are no memory
    const rule = brokenMemory(inner, last, bytesPerNumber);
    if (rule !== null) return rule;
  }
  return null;
}

function brokenMatrix(
  { width, count, spans }: Matrix,
  last: { end: number },
  bytesPerNumber: number,
): string | null {
  if (!(Number.isSafeInteger(width) && width > 0)) return `a matrix of rows of ${String(width)} numbers`;
  if (!Array.isArray(spans)) return 'a matrix whose spans are no list';
  let held = 0;
  for (const { offset, rows } of spans as Matrix['spans']) {
    if (!(Number.isSafeInteger(offset) && offset >= 0 && Number.isSafeInteger(rows) && rows >= 0)) {
      return `a span of ${String(rows)} rows at byte ${String(offset)}`;
    }
    held += rows;
    last.end = Math.max(last.end, offset + rows * width * bytesPerNumber);
  }
  return held === count ? null : `a matrix of ${String(count)} rows whose spans hold ${held}`;
}

function beyond(end: number, arena: Pick<Arena, 'view' | 'bytesPerNumber'>): string | null {
  try {
    const { length } = arena.view({ offset: end - arena.bytesPerNumber, length: 1 });
    if (length === 1) return null;
  } catch {
    // an arena may refuse it as well
  }
  return 'a matrix reaches beyond the shared memory';
}
