import { exactAttention } from '../../src/lab/training/exact-attention.js';
import { lossGradients } from '../../src/lab/training/loss.js';
import { lowRankAttention } from '../../src/lab/training/low-rank-attention.js';
import { median, type Arm } from '../measure.js';
import { trainingHead } from './training-head.js';

const [D, DEGREE, SEED] = [4, 4, 6];

/** One gradient at growing lengths. */
export interface TimedGradient {
  readonly name: string;
  readonly expected: number;
  readonly points: readonly { readonly n: number; readonly ms: number }[];
  /** Of log time against log n, by least squares. */
  readonly slope: number;
}

/** Lengths to time, and rounds that count. */
export interface TimingPlan {
  readonly exact: readonly number[];
  readonly lowRank: readonly number[];
  readonly rounds: number;
}

/** Long enough that what a call costs by itself is lost, short enough that all of it takes a minute or two. */
export const TIMING: TimingPlan = {
  exact: [96, 128, 192, 256, 384],
  lowRank: [2048, 4096, 8192, 16_384, 32_768],
  rounds: 3,
};

/** Loss and gradients by all weights, exact and by low rank, unmasked and causal: medians over rounds that take turns. */
export function timeGradients(plan = TIMING): readonly TimedGradient[] {
  const timed: TimedGradient[] = [];
  for (const causal of [false, true]) {
    for (const kind of ['exact', 'lowRank'] as const) {
      const arms = Object.fromEntries(plan[kind].map((n) => [n, arm(kind, n, causal)]));
      const times = processorTimes(arms, plan.rounds);
      const points = plan[kind].map((n) => ({ n, ms: times[n] }));
      const name = `${kind === 'exact' ? 'exact' : `low rank, degree ${DEGREE}`}, ${causal ? 'causal' : 'unmasked'}`;
      timed.push({ name, expected: kind === 'exact' ? 3 : 1, points, slope: slopeOf(points) });
    }
  }
  return timed;
}

/**
 * Median milliseconds of processor time of every arm, in turns after one round that does not count. All of it is one thread, and
 * other programs, which would make the long arms longer than the short ones, do not count.
 */
export function processorTimes<K extends string | number>(
  arms: Readonly<Record<K, Arm>>,
  rounds: number,
): Record<K, number> {
  const entries = Object.entries(arms) as [string, Arm][];
  const found = new Map(entries.map(([name]) => [name, [] as number[]]));
  for (let round = -1; round < rounds; round++) {
    for (const [name, run] of entries) {
      const start = process.cpuUsage();
      run();
      if (round >= 0) found.get(name)!.push(process.cpuUsage(start).user / 1000);
    }
  }
  const times = entries.map(([name]) => [name, median(found.get(name)!)] as const);
  return Object.fromEntries(times) as Record<K, number>;
}

function arm(kind: 'exact' | 'lowRank', n: number, causal: boolean): () => unknown {
  const { inputs, weights, options } = trainingHead(SEED, { n, d: D, entries: 'uniform', B: 1, causal });
  const attention =
    kind === 'exact' ? exactAttention(options) : lowRankAttention({ ...options, degree: DEGREE });
  return () => lossGradients(inputs, weights, attention);
}

/** By least squares of log time against log n. */
export function slopeOf(points: readonly { readonly n: number; readonly ms: number }[]): number {
  const [x, y] = [points.map(({ n }) => Math.log(n)), points.map(({ ms }) => Math.log(ms))];
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [mx, my] = [mean(x), mean(y)];
  const above = x.reduce((sum, value, i) => sum + (value - mx) * (y[i] - my), 0);
  return above / x.reduce((sum, value) => sum + (value - mx) ** 2, 0);
}

/** The n at which two power laws through the last points meet: from there on the flatter one is faster. */
export function meeting(steep: TimedGradient, flat: TimedGradient): number {
  const [a, b] = [steep.points.at(-1)!, flat.points.at(-1)!];
  // a.ms·(n/a.n)^3 = b.ms·(n/b.n)^1
  const exponent = steep.expected - flat.expected;
  return ((b.ms / b.n ** flat.expected) * (a.n ** steep.expected / a.ms)) ** (1 / exponent);
}
