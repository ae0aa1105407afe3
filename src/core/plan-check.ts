import type { Arena } from './memory.js';
import type { Atoms, AttendJob, Matrix, Plan, TaskJob } from './plan.js';

const JOBS = ['grid', 'rows', 'features', 'task'];

type Memory = Pick<Arena, 'view' | 'bytesPerNumber'>;

const ends = new WeakMap<Memory, number>(); // memory only grows: what was inside once stays inside

/**
 * Which rule what a cache gave as its plan breaks, in words; null: none. Kernels read and write the memory that jobs point
 * to, so a wrong plan must not reach them. (d) is the length of keys and values. Costs a look at every span, each step.
 */
export function brokenPlan(plan: Plan, d: number, arena: Memory): string | null {
  if (!isObject(plan) || !Array.isArray(plan.jobs)) return 'its plan is no { jobs: [...] }';
  const jobs = plan.jobs as readonly AttendJob[];
  const found = { end: 0, bytesPerNumber: arena.bytesPerNumber };
  for (let i = 0; i < jobs.length; i++) {
    const job = jobs[i];
    if (!isObject(job) || !JOBS.includes(job.kind))
      return `job ${i} of its plan is none of ${JOBS.join(', ')}`;
    const rule = brokenJob(job, d, found);
    if (rule !== null) return `job ${i} of its plan, ${job.kind}: ${rule}`;
  }
  const rule = brokenParts(plan.prepare, found) ?? brokenParts(plan.measure, found);
  return rule ?? (found.end <= (ends.get(arena) ?? 0) ? null : beyond(found.end, arena));
}

interface Found {
  /** First byte after all matrices. */
  end: number;
  readonly bytesPerNumber: number;
}

function isObject<T>(value: T): value is T & object {
  return typeof value === 'object' && value !== null;
}

/** Keys and values of one side belong together; of other jobs only the memory is known here. */
function brokenJob(job: AttendJob, d: number, found: Found): string | null {
  if (job.kind === 'task') return brokenTask(job) ?? brokenParts(job.inputs, found);
  if (job.kind === 'features') return brokenParts(job, found);
  const rule =
    job.kind === 'rows'
      ? brokenSide(job.atoms, d, found)
      : (brokenSide(job.side1, d, found) ?? brokenSide(job.side2, d, found));
  return rule ?? (job.skip === undefined ? null : brokenParts(job.skip, found));
}

function brokenSide(side: Atoms, d: number, found: Found): string | null {
  if (!isObject(side) || !isObject(side.keys) || !isObject(side.values))
    return 'a side has no keys and values';
  const { keys, values, logWeights } = side;
  if (keys.width !== d) return `keys of ${keys.width} numbers, where d = ${d}`;
  if (values.width !== d) return `values of ${values.width} numbers, where d = ${d}`;
  if (keys.count !== values.count) return `${keys.count} keys with ${values.count} values`;
  const rule = brokenMatrix(keys, found) ?? brokenMatrix(values, found);
  if (rule !== null || !isObject(logWeights)) return rule;
  if (logWeights.count !== keys.count || logWeights.width !== 1) {
    return `${logWeights.count} × ${logWeights.width} weights for ${keys.count} keys`;
  }
  return brokenMatrix(logWeights, found);
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

/** Every matrix anywhere in `part`. */
function brokenParts(part: unknown, found: Found): string | null {
  if (!isObject(part)) return null;
  if ('spans' in part) return brokenMatrix(part as Matrix, found);
  for (const inner of Object.values(part)) {
    const rule = brokenParts(inner, found);
    if (rule !== null) return rule;
  }
  return null;
}

function brokenMatrix({ width, count, spans }: Matrix, found: Found): string | null {
  if (!(Number.isSafeInteger(width) && width > 0)) return `a matrix of rows of ${String(width)} numbers`;
  if (!Array.isArray(spans)) return 'a matrix whose spans are no list';
  let held = 0;
  for (let i = 0; i < spans.length; i++) {
    const { offset, rows } = (spans as Matrix['spans'])[i];
    if (!(Number.isSafeInteger(offset) && offset >= 0 && Number.isSafeInteger(rows) && rows >= 0)) {
      return `a span of ${String(rows)} rows at byte ${String(offset)}`;
    }
    held += rows;
    const end = offset + rows * width * found.bytesPerNumber;
    if (end > found.end) found.end = end;
  }
  return held === count ? null : `a matrix of ${String(count)} rows whose spans hold ${held}`;
}

/** A view beyond the memory is refused, or shorter than it was asked for. */
function beyond(end: number, arena: Memory): string | null {
  try {
    const { length } = arena.view({ offset: end - arena.bytesPerNumber, length: 1 });
    if (length > 0) {
      ends.set(arena, end);
      return null;
    }
  } catch {
    // as good as too short
  }
  return 'a matrix reaches beyond the shared memory';
}
