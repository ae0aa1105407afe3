import { join } from 'node:path';
import { median } from '../measure.js';
import { startContender, type Command, type Contender } from './contender.js';
import { ourCommands } from './contenders.js';
import { writeProblem, type Kind } from './problem.js';
import type { Task } from './protocol.js';
import { sameAnswer } from './same-answer.js';

const [N, D, ROUNDS] = [2048, 64, 5];
/** The three forms of exact attention, as caches. */
export const FORMS = ['four-cache', 'two-cache', 'four-cache-materialising'] as const;

/** One cache under one kernel. */
export interface CacheTimed {
  readonly kernel: string;
  readonly cache: string;
  readonly ms: number;
  readonly bestMs: number;
  /** Bytes that it holds, scratch included. */
  readonly bytes: number;
}

/** Fused, two-cache and materialising at n = 2048, each kernel by itself. */
export async function measureForms(folder: string): Promise<readonly CacheTimed[]> {
  const kernels = ourCommands().filter(({ name }) => name !== 'reference');
  const found: CacheTimed[] = [];
  for (const kernel of kernels) found.push(...(await compareCaches(kernel, FORMS, 'flat', folder)));
  return found;
}

/** A stream with one heavy pair, with and without skipping; the native kernel is the one that skips. */
export async function measureNeedle(folder: string): Promise<readonly CacheTimed[]> {
  const [native] = ourCommands();
  return compareCaches(native, ['four-cache', 'skip'], 'needle', folder);
}

/** Caches take turns in processes of their own: each holds its memory, and nobody's step warms another's. */
async function compareCaches(
  command: Command,
  caches: readonly string[],
  kind: Kind,
  folder: string,
): Promise<readonly CacheTimed[]> {
  const file = join(folder, kind);
  writeProblem(file, N, D, kind);
  const arms: Contender[] = [];
  while (arms.length < caches.length) {
    const contender = await startContender(command);
    if (contender === null) return [];
    arms.push(contender);
  }
  try {
    const task = { job: 'step', file, n: N, d: D, warmup: 2, limit: 1000 } as const;
    return await takeTurns(arms, caches, task);
  } finally {
    for (const arm of arms) arm.stop();
  }
}

async function takeTurns(
  arms: readonly Contender[],
  caches: readonly string[],
  task: Omit<Task, 'count'>,
): Promise<readonly CacheTimed[]> {
  const found = caches.map((cache) => ({ cache, times: [] as number[], bytes: 0 }));
  let expected: readonly number[] | null = null;
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [i, arm] of arms.entries()) {
      const count = caches[i] === 'four-cache' || caches[i] === 'skip' ? 6 : 2; // the others take long
      const done = await arm.measure({ ...task, count, cache: caches[i] });
      sameAnswer(`${arm.name} ${caches[i]}`, done.output, (expected ??= done.output));
      found[i].bytes = done.bytes ?? NaN;
      if (round > 0) found[i].times.push(median(done.ms));
    }
  }
  console.log(
    `  ${arms[0].name}: ${found.map((f) => `${f.cache} ${median(f.times).toPrecision(3)} ms`).join(', ')}`,
  );
  return found.map(({ cache, times, bytes }) => ({
    ...{ kernel: arms[0].name, cache, bytes },
    ...{ ms: median(times), bestMs: Math.min(...times) },
  }));
}
