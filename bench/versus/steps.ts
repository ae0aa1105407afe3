import { join } from 'node:path';
import { median } from '../measure.js';
import type { Contender } from './contender.js';
import type { PeakMeter } from './peak.js';
import { writeProblem } from './problem.js';
import { sameAnswer } from './same-answer.js';

const [ROUNDS, LOOPS] = [5, 3]; // that count, of steps and of whole decode loops
const FIRST = { warmup: 4000, limit: 1000 }; // of the round that does not count: V8 optimises after some thousand steps
const SLOW = 1024; // the reference is shown up to here only
const SIZES = [
  { n: 64, d: 64, burst: 200 },
  { n: 128, d: 64, burst: 100 },
  { n: 512, d: 64, burst: 20 },
  { n: 1024, d: 64, burst: 10 },
  { n: 2048, d: 64, burst: 5 },
  { n: 4096, d: 64, burst: 2 },
  { n: 2048, d: 16, burst: 8 },
] as const;
const [WARMUP, LIMIT_MS] = [5, 300]; // of a burst: threads that spin are 100 times slower where others take their processors

/** Times of one contender at one size; a value is the median of a burst. */
export interface Timed {
  readonly name: string;
  readonly n: number;
  readonly d: number;
  /** Median over the rounds, and the best round, in milliseconds. */
  readonly ms: number;
  readonly bestMs: number;
  readonly rounds: readonly number[];
  /** Times that the system took a processor away from it during the rounds that count. */
  readonly switches: number;
}

/** One step of every contender at every size, round by round in turns. */
export async function measureSteps(
  contenders: readonly Contender[],
  folder: string,
  peak: PeakMeter,
): Promise<readonly Timed[]> {
  const all: Timed[] = [];
  for (const { n, d, burst } of SIZES) {
    const file = join(folder, `step-${n}-${d}`);
    writeProblem(file, n, d, 'flat');
    const taking = contenders.filter(({ name }) => name !== 'reference' || n <= SLOW);
    const task = { job: 'step', file, n, d, count: burst, warmup: WARMUP, limit: LIMIT_MS } as const;
    all.push(...(await inTurns(taking, task, ROUNDS)));
    await peak.measure();
    console.log(
      `  n = ${n}, d = ${d}: ${all
        .filter((t) => t.n === n && t.d === d)
        .map(line)
        .join(', ')}`,
    );
  }
  return all;
}

const line = ({ name, ms }: Timed) => `${name} ${ms.toPrecision(3)} ms`;

/** The whole decode loop from nothing to n entries. */
export async function measureDecode(
  contenders: readonly Contender[],
  folder: string,
): Promise<readonly Timed[]> {
  const [n, d] = [1024, 64];
  const file = join(folder, 'decode');
  writeProblem(file, n, d, 'flat');
  const taking = contenders.filter(({ name }) => name !== 'reference');
  const timed = await inTurns(taking, { job: 'decode', file, n, d, count: 1, warmup: 0, limit: 0 }, LOOPS);
  console.log(`  decode to ${n}: ${timed.map(line).join(', ')}`);
  return timed;
}

/** Bursts of one task, the contenders taking turns; their answers must agree, so that none is measured doing less. */
export async function inTurns(
  contenders: readonly Contender[],
  task: Parameters<Contender['measure']>[0],
  rounds: number,
): Promise<readonly Timed[]> {
  const found = contenders.map(({ name }) => ({ name, times: [] as number[], switches: 0 }));
  let expected: readonly number[] | null = null;
  for (let round = 0; round <= rounds; round++) {
    for (const [i, contender] of contenders.entries()) {
      const { ms, output, switches } = await contender.measure(
        round === 0 && task.job === 'step' ? { ...task, ...FIRST } : task,
      );
      sameAnswer(contender.name, output, (expected ??= output));
      if (round === 0) continue;
      found[i].times.push(median(ms));
      found[i].switches += switches;
    }
  }
  return found.map(({ name, times, switches }) => ({
    ...{ name, n: task.n, d: task.d, ms: median(times), bestMs: Math.min(...times), rounds: times, switches },
  }));
}
