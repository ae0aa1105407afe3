/** What one measurement found. */
export interface Finding {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** `most`: value ≤ limit is met; `least`: value ≥ limit is met. Null: for information. */
  readonly target: { readonly at: 'most' | 'least'; readonly limit: number } | null;
}

/** One file of this folder: what it moves, and how to find out. */
export interface Measurement {
  readonly name: string;
  /** What is moved or computed, with sizes, so that a number can be judged. */
  readonly moves: string;
  run(): Promise<readonly Finding[]>;
}

/** Something to time; may be asynchronous. */
export type Arm = () => unknown;

/**
 * Median time of every arm, in milliseconds. All arms take turns round by round: whatever disturbs the machine
 * disturbs them all, so that their ratios hold. The first rounds warm up and do not count.
 */
export async function medians<K extends string>(
  arms: Readonly<Record<K, Arm>>,
  { rounds, warmup = 3 }: { readonly rounds: number; readonly warmup?: number },
): Promise<Record<K, number>> {
  const names = Object.keys(arms) as K[];
  const times = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<K, number[]>;
  for (let round = -warmup; round < rounds; round++) {
    for (const name of names) {
      const start = performance.now();
      await arms[name]();
      if (round >= 0) times[name].push(performance.now() - start);
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(times[name])])) as Record<K, number>;
}

/** The value in the middle; of an even count, the mean of the two. */
export function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** A finding with a target. */
export function judged(
  name: string,
  value: number,
  unit: string,
  at: 'most' | 'least',
  limit: number,
): Finding {
  return { name, value, unit, target: { at, limit } };
}

/** A finding for information. */
export function noted(name: string, value: number, unit: string): Finding {
  return { name, value, unit, target: null };
}
